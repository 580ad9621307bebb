"""Cost against SciPy's optimisers on the same machine, in the same run: ratios, with room for noise."""

import time

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

import spectralaw as sl
from spectralaw.scaling.bootstrap import bootstrap
from spectralaw.scaling.inputs import read
from spectralaw.scaling.laws import Law
from spectralaw.scaling.solve import solve

DELTA = 1e-3


def data():
    random = np.random.default_rng(0)
    size, tokens = np.exp(random.uniform(18.0, 23.0, 240)), np.exp(random.uniform(20.0, 26.0, 240))
    clean = 1.8 + 480.0 * size**-0.35 + 2100.0 * tokens**-0.37
    return {"N": size, "D": tokens}, clean * np.exp(0.008 * random.standard_normal(240))


def peer(x, y):
    """Huber's objective as it is usually written, and its gradient."""
    n, d, target = np.log(x["N"]), np.log(x["D"]), np.log(y)

    def terms(theta):
        a, b, e, alpha, beta = theta
        return np.array([a - alpha * n, b - beta * d, np.full_like(n, e)])

    def objective(theta):
        r = np.abs(logsumexp(terms(theta), axis=0) - target)
        return float(np.sum(np.where(r <= DELTA, 0.5 * r**2, DELTA * (r - 0.5 * DELTA))))

    def gradient(theta):
        parts = terms(theta)
        value = logsumexp(parts, axis=0)
        r = np.clip(value - target, -DELTA, DELTA)
        share = np.exp(parts - value)
        return np.array([r @ share[0], r @ share[1], r @ share[2], -r @ (share[0] * n), -r @ (share[1] * d)])

    return objective, gradient


def clock(job):
    began = time.perf_counter()
    out = job()
    return time.perf_counter() - began, out


@pytest.mark.slow
def test_global_optimum_and_bootstrap_against_scipy():
    x, y = data()
    objective, gradient = peer(x, y)
    random = np.random.default_rng(1)
    starts = random.uniform([0.0, 0.0, -1.0, 0.0, 0.0], [25.0, 25.0, 1.0, 2.0, 2.0], size=(10, 5))
    points = read(x, y)[0]
    grid, ends = clock(lambda: [minimize(objective, start, method="L-BFGS-B").fun for start in starts])
    ours, solution = min(
        (clock(lambda: solve(Law("chinchilla"), points, delta=DELTA)) for _ in range(3)), key=lambda o: o[0]
    )
    assert solution.objective <= min(ends) * (1.0 + 1e-9)
    assert 4500 * grid / len(starts) >= 1000 * ours
    public, fit = clock(lambda: sl.fit_scaling_law(x, y, delta=DELTA, interval="wald", holdout=0))
    assert fit.objective == pytest.approx(solution.objective, rel=1e-12)
    assert 4500 * grid / len(starts) >= 1000 * public
    single, _ = clock(lambda: [minimize(objective, start, jac=gradient, method="BFGS") for start in starts])
    thousand, _ = clock(lambda: bootstrap(solution, 1000, 0))
    assert thousand < 3.0 * 100.0 * single / len(starts)
