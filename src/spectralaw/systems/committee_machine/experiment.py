"""Equations against SGD at finite N, exponents against β, plateaus against the number of levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.committee_machine.dynamics import integrate
from spectralaw.systems.committee_machine.figure import caption, draw
from spectralaw.systems.committee_machine.linear import leading_error, linear_error
from spectralaw.systems.committee_machine.plateau import Plateau, find_plateau, first_below, plateau_height
from spectralaw.systems.committee_machine.power_law import power_law_window
from spectralaw.systems.committee_machine.setting import CommitteeSetting
from spectralaw.systems.committee_machine.simulation import simulate
from spectralaw.systems.committee_machine.spectrum import PowerLawSpectrum
from spectralaw.systems.committee_machine.verdicts import LEVEL, STATEMENTS, judge
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray


SETTINGS = {
    "erf, K = 2, M = 2": CommitteeSetting(2, 2, PowerLawSpectrum(4, 1.0), 1.5),
    "erf, K = 3, M = 1": CommitteeSetting(3, 1, PowerLawSpectrum(4, 1.0), 0.5, student_overlaps=0.1),
    "linear": CommitteeSetting(1, 1, PowerLawSpectrum(4, 1.0), 1.0, "linear", 0.0, 0.0),
}
TIMES = (1.0, 2.0, 5.0, 10.0)
WINDOW = (0.15, 0.35)  # of the logarithm of the power-law window: noise has set in, the last level is far
BETAS = (0.5, 1.0, 1.5, 2.0)
LATER = (0.42, 0.56)  # for erf networks, which specialise first
RATE = 0.5
NETWORKS = ((1.0, 256), (2.0, 128))  # β and L of erf networks


def simulated(name: str, sizes: Sequence[tuple[int, int]], times: Sequence[float] = TIMES) -> xarray.Dataset:
    """Mean and standard error of SGD over (N, α) beside the equations, for pairs of N and a number of seeds."""
    import xarray

    setting = SETTINGS[name]
    fine = np.geomspace(min(times), max(times), 40)
    curve = integrate(setting, [*times, *fine])
    theory = curve.generalization_error if curve.status.is_result else np.full(len(times) + 40, np.nan)
    runs = [simulate(setting, times, N, seeds) for N, seeds in sizes]
    dims = ("dimension", "alpha")
    return xarray.Dataset(
        {
            "mean": (dims, np.array([run.mean for run in runs])),
            "standard_error": (dims, np.array([run.standard_error for run in runs])),
            "seeds": ("dimension", [seeds for _, seeds in sizes]),
            "theory": ("alpha", theory[: len(times)]),
            "curve": ("fine", theory[len(times) :]),
        },
        coords={"dimension": [N for N, _ in sizes], "alpha": list(times), "fine": fine},
        attrs={
            "part": "simulation-" + name.replace(", ", "-").replace(" = ", ""),
            "of": name,
            "kind": "simulation",
        },
    )


def exponents(levels: Sequence[int], points: int = 25) -> xarray.Dataset:
    """Exponents over (levels, beta) of the closed form, and curves over the logarithmic window at the largest L."""
    import xarray

    found, curves = np.full((len(levels), len(BETAS)), np.nan), []
    place = np.linspace(0.0, 1.0, points)
    inside = (place >= WINDOW[0]) & (place <= WINDOW[1])
    for j, beta in enumerate(BETAS):
        for i, count in enumerate(levels):
            spectrum = PowerLawSpectrum(count, beta)
            low, high = power_law_window(spectrum, RATE)
            alphas = low * (high / low) ** place
            errors = linear_error(alphas, spectrum, RATE)
            found[i, j] = log_slope(alphas[inside], errors[inside]).value
        curves.append((alphas, errors))
    return xarray.Dataset(
        {
            "exponent": (("levels", "beta"), found),
            "alpha": (("beta", "place"), [alphas for alphas, _ in curves]),
            "error": (("beta", "place"), [errors for _, errors in curves]),
        },
        coords={"levels": list(levels), "beta": list(BETAS), "place": place},
        attrs={"part": "linear-exponents", "kind": "exponents", "learning_rate": RATE},
    )


def feature_exponents(networks: Sequence[tuple[float, int]] = NETWORKS, points: int = 51) -> xarray.Dataset:
    """Learning curves of erf networks, K = M = 2, and their exponents in a later part of the window, by network."""
    import xarray

    place = np.linspace(0.0, 1.0, points)
    inside = (place >= LATER[0]) & (place <= LATER[1])
    rows = np.full((2, len(networks), points), np.nan)
    slopes = np.full(len(networks), np.nan)
    for k, (beta, count) in enumerate(networks):
        spectrum = PowerLawSpectrum(count, beta)
        low, high = power_law_window(spectrum, RATE)
        rows[0, k] = low * (high / low) ** place
        setting = CommitteeSetting(2, 2, spectrum, RATE, student_overlaps=0.1, teacher_overlaps=0.1)
        curve = integrate(setting, rows[0, k])
        if curve.status.is_result:
            rows[1, k] = curve.generalization_error
            slopes[k] = log_slope(rows[0, k][inside], rows[1, k][inside]).value
    return xarray.Dataset(
        {
            "alpha": (("network", "place"), rows[0]),
            "error": (("network", "place"), rows[1]),
            "exponent": ("network", slopes),
            "beta": ("network", [beta for beta, _ in networks]),
            "levels": ("network", [count for _, count in networks]),
        },
        coords={"place": place},
        attrs={"part": "erf-exponents", "kind": "features", "learning_rate": RATE},
    )


def leading(levels: int, trained: Sequence[int]) -> xarray.Dataset:
    """What remains of the error over (beta, trained)."""
    import xarray

    rest = [[leading_error(PowerLawSpectrum(levels, beta), n) for n in trained] for beta in BETAS]
    return xarray.Dataset(
        {"error": (("beta", "trained"), rest)},
        coords={"beta": list(BETAS), "trained": list(trained)},
        attrs={"part": "leading", "kind": "leading", "levels": levels},
    )


def plateaus(levels: Sequence[int], last: float = 3000.0, points: int = 160) -> xarray.Dataset:
    """Curves over (levels, alpha) with escapes and plateaus, and heights on isotropic data over learning rates."""
    import xarray

    alphas = np.geomspace(1.0, last, points)
    rows = np.full((len(levels), points), np.nan)
    marks = np.full((3, len(levels)), np.nan)
    judged = np.zeros(len(levels), dtype=bool)
    for k, count in enumerate(levels):
        curve = integrate(CommitteeSetting(2, 2, PowerLawSpectrum(count, 1.0), 0.1), alphas)
        if not curve.status.is_result:
            continue
        rows[k], judged[k] = curve.generalization_error, True
        stall, escape = find_plateau(alphas, rows[k]), first_below(alphas, rows[k], LEVEL)
        marks[0, k] = np.nan if escape is None else escape
        if isinstance(stall, Plateau):
            marks[1:, k] = stall.height, stall.start
    rates = np.array([0.8, 0.4, 0.2, 0.1])
    heights = []
    for rate in rates:
        curve = integrate(
            CommitteeSetting(2, 2, PowerLawSpectrum(1, 1.0), float(rate), teacher_overlaps=0.0), [40.0 / rate]
        )
        heights.append(float(curve.generalization_error[0]) if curve.status.is_result else np.nan)
    return xarray.Dataset(
        {
            "error": (("levels", "alpha"), rows),
            "escape": ("levels", marks[0]),
            "height": ("levels", marks[1]),
            "start": ("levels", marks[2]),
            "computed": ("levels", judged),
            "isotropic_height": ("learning_rate", heights),
        },
        coords={"levels": list(levels), "alpha": alphas, "learning_rate": rates},
        attrs={
            "part": "plateaus",
            "kind": "plateaus",
            "limit_height": plateau_height(2),
            "learning_rate_of_curves": 0.1,
        },
    )


def _compute(
    run: Run,
    sizes: Sequence[tuple[int, int]],
    others: Sequence[tuple[int, int]],
    levels: Sequence[int],
    distinct: Sequence[int],
) -> list[xarray.Dataset]:
    names = list(SETTINGS)
    parts = [
        lambda: simulated(names[0], sizes),
        *(lambda name=name: simulated(name, others) for name in names[1:]),
        lambda: exponents(levels),
        feature_exponents,
        lambda: leading(max(levels), (2, 8, 16, 32)),
        lambda: plateaus(distinct),
    ]
    return run.parts(parts)


SMALL = ((16, 4000), (32, 4000), (64, 2000), (128, 1000))
EXPERIMENT = Experiment(
    name="committee-machine",
    title="One-pass SGD of two-layer networks on power-law data (arXiv:2410.09005)",
    claims=STATEMENTS,
    sizes={
        "quick": {
            "sizes": (*SMALL, (1000, 12), (2000, 6), (4000, 3)),
            "others": ((1000, 16),),
            "levels": (64, 512, 4096),
            "distinct": (1, 2, 4, 8, 16, 32, 64),
        },
        "paper": {
            "sizes": (*SMALL, (1000, 64), (2000, 32), (4000, 16)),
            "others": ((1000, 32), (4000, 8)),
            "levels": (64, 512, 4096, 16384),
            "distinct": (1, 2, 4, 8, 16, 32, 64, 128, 256),
        },
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("worschech2024analyzing",),
)
