"""Real data: the test error without a test set, and forecasts from pilots, held against held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from spectralaw.figures.own_data import caption, draw
from spectralaw.reproduction.claims import COVERAGE, Claim, covered
from spectralaw.reproduction.experiment import Experiment, Run

if TYPE_CHECKING:
    import xarray

NEAR = "approximate leave-one-out is within 15 % of the held-out error at every weight decay, in the mean over splits"
COVERED = "the 95 % intervals of estimate and held-out error overlap at 80 % of the points or more"
WARNED = "where the held-out error jumps from split to split, the estimate says that it is unreliable"
FORECAST = "a forecast for 16 times the pilot holds the truth within its 95 % interval in at least 80 % of pilots"
COST = "the weight decay that the forecast takes costs at most 4 % of the error, in the median over pilots"

SETS = ("digits", "diabetes", "breast cancer")
PILOT, REACH = 60, 16
_TOLERANCE, _COST = 0.15, 0.04

_Table = tuple[np.ndarray, np.ndarray]


def load(name: str) -> _Table:
    """Rows and targets: parity of the digit as ±1, progression in units of its spread, malignant or not as ±1."""
    from sklearn import datasets

    if name == "digits":
        X, y = cast(_Table, datasets.load_digits(return_X_y=True))
        return X, 2.0 * (y % 2) - 1.0
    if name == "diabetes":
        X, y = cast(_Table, datasets.load_diabetes(return_X_y=True))
        return X, y / np.std(y)
    X, y = cast(_Table, datasets.load_breast_cancer(return_X_y=True))
    return X, 2.0 * y - 1.0


def compute_estimates(name: str, splits: int, advance) -> xarray.Dataset:
    """Estimates and held-out errors of the quadratic network over (split, point) of the path."""
    import xarray

    from spectralaw.regression.estimators import QuadraticRegressor

    X, y = load(name)
    points = 8
    fields = ("weight_decay", "training_loss", "alo", "alo_error", "gcv", "held_out", "held_out_error", "unreliable")
    found = np.full((len(fields), splits, points), np.nan)
    for split in range(splits):
        order = np.random.default_rng(split).permutation(len(X))
        train, test = np.split(order, [2 * len(X) // 3])
        one = QuadraticRegressor(path_points=points).fit(X[train], y[train])
        inputs = one._inputs(X[test])
        for k, p in enumerate(one.path_):
            errors = (one._evaluate(p.parameters, inputs) + one.intercept_ - y[test]) ** 2
            spread = np.std(errors, ddof=1) / np.sqrt(len(test))
            risk = p.risk
            found[:, split, k] = (
                p.weight_decay, p.training_loss, risk.alo, risk.alo_standard_error, risk.gcv, np.mean(errors), spread,
                bool(risk.reason),
            )  # fmt: skip
        advance()
    data = {field: (("split", "point"), values) for field, values in zip(fields, found, strict=True)}
    return xarray.Dataset(data, attrs={"part": name.replace(" ", "-"), "rows": len(X), "columns": X.shape[1]})


def compute_forecasts(pilots: int, advance) -> xarray.Dataset:
    """Forecasts of the diagonal network on digits at 16 times the pilot, and what training there finds."""
    import xarray

    from spectralaw.regression.estimators import DiagonalRegressor
    from spectralaw.regression.forecast import forecast

    X, y = load("digits")
    n = PILOT * REACH
    fields = ("forecast", "low", "high", "truth", "best", "weight_decay")
    found = np.full((len(fields), pilots), np.nan)
    for pilot in range(pilots):
        order = np.random.default_rng(1000 + pilot).permutation(len(X))
        train, held = order[:n], order[n:]
        first = order[:PILOT]
        made = forecast(X[first], y[first], [n], "diagonal", unlabelled=X[order[PILOT:]], seed=pilot)

        def error(decay: float, train=train, held=held) -> float:
            one = DiagonalRegressor(decay).fit(X[train], y[train])
            return float(np.mean((one.predict(X[held]) - y[held]) ** 2))

        decay = made.weight_decay[0]
        truth = error(decay)
        best = min(error(float(d)) for d in decay * np.geomspace(0.2, 5.0, 9))
        found[:, pilot] = made.error[0], made.low[0], made.high[0], truth, min(best, truth), decay
        advance()
    data = {field: ("pilot", values) for field, values in zip(fields, found, strict=True)}
    return xarray.Dataset(data, attrs={"part": "forecasts", "pilot": PILOT, "samples": n})


def _compute(run: Run, splits: int, pilots: int) -> list[xarray.Dataset]:
    total, done = splits * len(SETS) + pilots, iter(range(1, splits * len(SETS) + pilots + 1))
    advance = lambda: run.advance(next(done), total)  # noqa: E731
    return [*(compute_estimates(name, splits, advance) for name in SETS), compute_forecasts(pilots, advance)]


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim."""
    claims = []
    for data in datasets:
        part = data.attrs["part"]
        if part == "forecasts":
            claims += _judge_forecasts(data)
            continue
        about = f"{part}, {data.sizes['split']} splits of {data.attrs['rows']} rows"
        ratio = (data.alo.mean("split", skipna=False) / data.held_out.mean("split", skipna=False)).values
        worst = ratio[int(np.argmax(np.abs(np.log(ratio))))]  # a missing mean is the worst
        doubted = float(data.unreliable.mean())
        jumps = float((data.held_out.std("split") / data.held_out.mean("split")).max())
        if part == "breast-cancer":
            claims.append(
                Claim.of(
                    WARNED,
                    about,
                    f"held-out error varies by {jumps:.0%} between splits; {doubted:.0%} of the estimates doubted",
                    doubted > 0.5 if jumps > _TOLERANCE else None,
                    "" if jumps > _TOLERANCE else "nothing jumped",
                )
            )
            continue
        claims.append(Claim.of(NEAR, about, f"farthest ratio {worst:.3f}", bool(abs(worst - 1.0) <= _TOLERANCE)))
        both = np.hypot(data.alo_error, data.held_out_error)
        inside = float((abs(data.alo - data.held_out) <= 1.96 * both).mean())
        claims.append(
            Claim.of(
                COVERED,
                about,
                f"{inside:.0%} of {data.alo.size} (points of one split are not independent)",
                inside >= COVERAGE,
            )
        )
    return claims


def _judge_forecasts(data: xarray.Dataset) -> list[Claim]:
    about = f"digits, pilots of {data.attrs['pilot']} rows, n = {data.attrs['samples']}"
    inside = int(((data.low <= data.truth) & (data.truth <= data.high)).sum())
    count = data.sizes["pilot"]
    off = float(np.exp(np.abs(np.log(data.forecast / data.truth)).median()))
    cost = (data.truth / data.best - 1.0).values
    agrees = covered(inside, count)
    return [
        Claim.of(
            FORECAST, about, f"{inside} of {count}; a forecast is off by a factor {off:.2f} in the median",
            agrees, "" if agrees is not None else "too few pilots to tell from 80 %",
        ),
        Claim.of(
            COST, about, f"median {np.median(cost):.1%}, largest {np.max(cost):.1%}", bool(np.median(cost) <= _COST)
        ),
    ]  # fmt: skip


EXPERIMENT = Experiment(
    name="own-data",
    title="Test error without a test set, and forecasts from pilots, on real data",
    claims=(NEAR, COVERED, WARNED, FORECAST, COST),
    sizes={"quick": {"splits": 6, "pilots": 10}, "paper": {"splits": 20, "pilots": 40}},
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("defilippis2025scaling", "erba2025nuclear"),
)
