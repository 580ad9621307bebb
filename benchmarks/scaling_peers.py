"""The usual ways of fitting E + A N^−α + B D^−β, written as their users would."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import warnings
from unittest import mock

import numpy as np

GRID = {
    "a": np.arange(0.0, 30.0, 5.0), "b": np.arange(0.0, 30.0, 5.0), "e": np.arange(-1.0, 1.5, 0.5),
    "alpha": np.arange(0.0, 2.5, 0.5), "beta": np.arange(0.0, 2.5, 0.5),
}  # fmt: skip
"""The 4,500 starts of arXiv:2203.15556."""


def objective(theta, size, data, loss, delta, weights=1.0):
    """Σ w ρ_δ(log ŷ − log y) and its gradient, at (log A, log B, log E, α, β)."""
    a, b, e, alpha, beta = theta
    terms = np.stack([a - alpha * size, b - beta * data, np.full_like(size, e)])
    log_y = np.logaddexp.reduce(terms)
    share = np.exp(terms - log_y)
    r = log_y - loss
    inside = np.minimum(np.abs(r), delta)
    slope = weights * np.clip(r, -delta, delta)
    rows = np.stack([share[0], share[1], share[2], -size * share[0], -data * share[1]])
    return float(np.sum(weights * inside * (np.abs(r) - 0.5 * inside))), rows @ slope


def grid_of_starts(size, data, loss, delta, starts, seed=0):
    """The least objective over some random starts of the grid, by L-BFGS-B with numeric gradients, sums not means."""
    from scipy.optimize import minimize

    every = np.array(list(itertools.product(*GRID.values())))
    chosen = every[np.random.default_rng(seed).choice(len(every), starts, replace=False)]
    value = lambda theta: objective(theta, size, data, loss, delta)[0]  # noqa: E731
    with np.errstate(all="ignore"):
        ends = [minimize(value, start, method="L-BFGS-B").fun for start in chosen]
    return min(ends), len(every)


def bfgs(size, data, loss, delta, start, replicates, seed=0):
    """Bootstrap fits by SciPy's BFGS with the exact gradient, from a start that is nearly right."""
    from scipy.optimize import minimize

    random = np.random.default_rng(seed)
    n = len(loss)
    with np.errstate(all="ignore"):
        return [
            minimize(objective, start, (size, data, loss, delta, random.multinomial(n, np.full(n, 1 / n))),
                     method="BFGS", jac=True).x
            for _ in range(replicates)
        ]  # fmt: skip


def chinchilla_package(size, data, loss, delta, starts=2):
    """The package's own search from ``starts`` to the fifth starts, in one process; returns its parameters."""
    import pandas
    from chinchilla import Chinchilla
    from chinchilla._metrics import log_huber

    grid = {
        "E": np.linspace(1.0, 2.0, starts), "a": np.linspace(1.0, 10.0, starts), "b": np.linspace(1.0, 10.0, starts),
        "alpha": np.linspace(0.1, 0.7, starts), "beta": np.linspace(0.1, 0.7, starts),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, mock.patch("os.cpu_count", return_value=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work = Chinchilla(folder, param_grid=grid, seed_ranges={"C": (1e18, 1e22), "N_to_D": (1, 100)},
                          loss_fn=lambda y, fit: log_huber(y, fit, delta), log_level=50)  # fmt: skip
        work.database.df = pandas.DataFrame({"C": 6 * size * data, "N": size, "D": data, "loss": loss})
        with contextlib.suppress(AttributeError):
            work.fit(parallel=False)
        return work.E, work.A, work.B, work.alpha, work.beta
