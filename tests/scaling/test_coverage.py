"""How often 95 % intervals hold the truth, at fixed seeds; and that intervals a third too narrow are found out."""

import numpy as np
import pytest

from spectralaw.scaling.inputs import read
from spectralaw.scaling.intervals import intervals
from spectralaw.scaling.laws import Law
from spectralaw.scaling.solve import solve

SETS = 300
X8, X20 = np.geomspace(1e3, 1e5, 8), np.geomspace(1e3, 1e6, 20)
N, D = map(np.ravel, np.meshgrid(np.geomspace(5e7, 1e10, 20), np.geomspace(1e9, 3e11, 12)))
DESIGNS = {
    "plateau, 8 points, 1 %": (Law("plateau"), X8, 0.3 + 11.0 * X8**-0.4, 0.01, {"E": 0.3, "alpha": 0.4}, "profile"),
    "plateau of 0, 20 points": (Law("plateau"), X20, 3.0 * X20**-0.4, 0.03, {"E": 0.0, "alpha": 0.4}, "profile"),
    "two variables, 240 points": (
        Law("chinchilla"),
        {"N": N, "D": D},
        1.8 + 480.0 * N**-0.35 + 2100.0 * D**-0.37,
        0.008,
        {"E": 1.8, "alpha": 0.35, "beta": 0.37},
        "wald",
    ),
}


@pytest.mark.slow
@pytest.mark.statistical
@pytest.mark.parametrize("design", DESIGNS)
def test_coverage(design):
    law, x, clean, sigma, truth, kind = DESIGNS[design]
    random = np.random.default_rng(11)
    hits = {name: 0 for name in truth}
    narrow = {name: 0 for name in truth}
    for _ in range(SETS):
        points = read(x, clean * np.exp(sigma * random.standard_normal(len(clean))))[0]
        found = intervals(solve(law, points, "squares"), kind, 0.95, 0, 0).parameters
        for name, value in truth.items():
            estimate = found[name]
            hits[name] += estimate.low <= value <= estimate.high
            low, high = (estimate.value + 0.6 * (end - estimate.value) for end in (estimate.low, estimate.high))
            narrow[name] += low <= value <= high
    for name in truth:
        assert 0.915 <= hits[name] / SETS <= 0.99, name
        if truth[name] > 0.0:  # at the boundary half of the estimates are exactly right
            assert narrow[name] / SETS < 0.9, name
