"""What more rows would bring: the test error of a network against n and λ, from a pilot, by theory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from spectralaw._checks import choice, entries, whole
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.regression.estimators import DiagonalRegressor, QuadraticRegressor
from spectralaw.regression.table import as_rows, as_targets
from spectralaw.training.sensing import Array

NETWORKS = ("quadratic", "diagonal")
_GAUSSIAN = 1.0  # kurtosis of projections away from 3, up to which the theory's inputs are those of the user
_MISFIT = 0.2
"""Spread of the logarithm of the error that is added where inputs are not Gaussian: measured on handwritten digits,
whose pilots of 60 rows erred by 0.3 where the draws alone said 0.25."""
_HELP = 0.05  # what ten times the rows must gain, relative, to be said to help


class Trust(StrEnum):
    """How far a forecast may be trusted."""

    OK = "ok"
    CAUTION = "caution"
    """Something that the theory assumes does not hold; the notes say what."""


@dataclass(frozen=True)
class CheckPoint:
    """A network trained on some of the user's rows, and its error on the others."""

    samples: int
    forecast: float
    low: float
    high: float
    measured: float
    standard_error: float

    @property
    def inside(self) -> bool:
        """Whether forecast and measurement agree within the interval and 1.96 standard errors."""
        slack = 1.96 * self.standard_error
        return self.low - slack <= self.measured <= self.high + slack


@dataclass(frozen=True)
class Forecast:
    """Expected squared error on new rows at several numbers of rows, each with its best weight decay."""

    network: str
    pilot: int
    """Labelled rows it rests on."""
    samples: tuple[int, ...]
    error: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    """95 % interval."""
    weight_decay: tuple[float, ...]
    """Best λ by theory at each n."""
    noise_floor: float
    """Error that no number of rows gets below."""
    noise_floor_interval: tuple[float, float]
    target_variance: float
    """Error of always predicting the mean."""
    kurtosis: float
    status: Trust
    notes: tuple[str, ...]
    checks: tuple[CheckPoint, ...] = ()
    curves: Any = field(default=None, repr=False, compare=False)
    """xarray.Dataset: error over (draw, samples, weight_decay)."""

    @property
    def reach(self) -> tuple[float, ...]:
        """n over the pilot, for each n."""
        return tuple(n / self.pilot for n in self.samples)

    def samples_for(self, error: float) -> float:
        """Rows at which the forecast reaches an error, by interpolation in log n; NaN where none at hand does."""
        values, n = np.array(self.error), np.log(np.array(self.samples, dtype=float))
        below = np.flatnonzero(values <= error)
        if not len(below):
            return float("nan")
        k = int(below[0])
        if k == 0:
            return float(self.samples[0])
        w = (values[k - 1] - error) / (values[k - 1] - values[k])
        return float(np.exp(n[k - 1] + w * (n[k] - n[k - 1])))

    def __str__(self) -> str:
        lines = [f"{self.network} network, pilot of {self.pilot} rows: expected squared error on new rows"]
        for n, e, low, high, decay in zip(
            self.samples, self.error, self.low, self.high, self.weight_decay, strict=True
        ):
            lines.append(f"  n = {n:>9,}  {e:.3g}  ({low:.3g} to {high:.3g})  best λ {decay:.3g}")
        lines.append(f"  noise floor  {self.noise_floor:.3g};  predicting the mean  {self.target_variance:.3g}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists."""
        names = ("network", "pilot", "samples", "error", "low", "high", "weight_decay", "noise_floor", "kurtosis")
        values = {name: getattr(self, name) for name in names}
        return {
            **{k: list(v) if isinstance(v, tuple) else v for k, v in values.items()},
            "noise_floor_interval": list(self.noise_floor_interval),
            "target_variance": self.target_variance,
            "reach": list(self.reach),
            "status": str(self.status),
            "notes": list(self.notes),
            "checks": [{**c.__dict__, "inside": c.inside} for c in self.checks],
        }


def forecast(
    X: Any,
    y: Any,
    samples: Sequence[float] | None = None,
    network: str = "quadratic",
    *,
    unlabelled: Any = None,
    draws: int = 16,
    check: bool = False,
    seed: int = 0,
) -> Forecast:
    """Forecast the test error at other numbers of rows from the labelled rows at hand.

    Parameters
    ----------
    X : array_like, shape (n₀, features)
        Labelled rows, the pilot.
    y : array_like, shape (n₀,)
        Numbers, or two classes fitted as ±1.
    samples : sequence of int, optional
        Numbers of rows; by default 1, 2, 4, 10 and 100 times the pilot.
    network : {"quadratic", "diagonal"}
    unlabelled : array_like, shape (m, features), optional
        More inputs without labels; they sharpen the covariance.
    draws : int
        Teachers drawn from what the pilot leaves open, at least two.
    check : bool
        Also train at n₀/8, n₀/4, n₀/2 of these rows from a pilot of n₀/8, and measure on the rest.
    seed : int

    Returns
    -------
    Forecast

    Raises
    ------
    InvalidInput
        For tables that cannot be used, and fewer than 16 rows.

    References
    ----------
    Diagonal network with correlated inputs: arXiv:2007.13716. Quadratic network: arXiv:2505.17958 on whitened inputs.
    """
    network = choice("network", network, NETWORKS, joined=" or ")
    draws, seed = whole("draws", draws, 2), whole("seed", seed)  # two, for an interval
    rows = as_rows("X", X)
    targets, _ = as_targets(y, len(rows))
    if len(rows) < 16:
        raise InvalidInput(f"X must have at least 16 rows for a forecast, not {len(rows)}")
    more = rows if unlabelled is None else np.concatenate([rows, as_rows("unlabelled", unlabelled, rows.shape[1])])
    sizes = _sizes(samples, len(rows))
    generator = np.random.default_rng(seed)
    made = _make(network, rows, targets, more, sizes, draws, generator)
    if not check:
        return made
    return _checked(made, network, rows, targets, more, draws, generator)


def _sizes(samples: Sequence[float] | None, pilot: int) -> list[int]:
    if samples is None:
        return [pilot * k for k in (1, 2, 4, 10, 100)]
    chosen = [whole("samples", n, 2) for n in entries("samples", samples, "numbers of rows")]
    if not chosen:
        raise InvalidInput("samples must be a list of at least one number of rows, not an empty one")
    return sorted(set(chosen))


def _make(network: str, rows: Array, targets: Array, more: Array, sizes: list[int], draws: int, generator) -> Forecast:
    if network == "diagonal":
        from spectralaw.regression.diagonal_forecast import curves
    else:
        from spectralaw.regression.quadratic_forecast import curves
    found = curves(rows, targets, more, sizes, draws, generator)
    notes = list(found.attrs["notes"])
    unsolved = int(np.any(~np.isfinite(found.error.values), axis=(1, 2)).sum())
    if unsolved:
        notes.append(f"the theory has no solution at some points for {unsolved} of {found.sizes['draw']} teachers")
    if not np.isfinite(np.log(found.error).mean("draw").values).any(axis=1).all():
        raise ConvergenceFailure("the theory has no solution for any teacher at some number of rows")
    mean = np.exp(np.log(found.error).mean("draw"))
    best = mean.argmin("weight_decay")
    chosen = found.error.isel(weight_decay=best).transpose("draw", "samples").values
    value = mean.min("weight_decay").values
    kurtosis = found.attrs["kurtosis"]
    misfit = _MISFIT if abs(kurtosis - 3.0) > _GAUSSIAN else 0.0
    low, high = _interval(chosen, misfit)
    floors = found.noise_floor.values
    if abs(kurtosis - 3.0) > _GAUSSIAN:
        notes.append(
            f"projections of the inputs have kurtosis {kurtosis:.1f}, Gaussian ones 3: the theory assumes Gaussian "
            "inputs. The interval is wider for it; check=True holds the forecast against your own rows"
        )
    status = Trust.CAUTION if notes else Trust.OK
    now = float(np.interp(np.log(len(rows)), np.log(sizes), value))
    floor = float(np.exp(np.mean(np.log(floors))))
    if now - floor <= _HELP * now:
        notes.append(f"more rows will not help this network: the error {now:.3g} is at its noise floor {floor:.3g}")
    return Forecast(
        network=network,
        pilot=len(rows),
        samples=tuple(sizes),
        error=tuple(float(v) for v in value),
        low=tuple(float(v) for v in low),
        high=tuple(float(v) for v in high),
        weight_decay=tuple(float(found.weight_decay.values[k]) for k in best.values),
        noise_floor=floor,
        noise_floor_interval=tuple(float(v[0]) for v in _interval(floors[:, None], misfit)),  # type: ignore[arg-type]
        target_variance=float(np.var(targets)),
        kurtosis=kurtosis,
        status=status,
        notes=tuple(notes),
        curves=found,
    )


def _interval(draws: Array, misfit: float) -> tuple[Array, Array]:
    """95 % interval over draws, in logarithms, and the spread of what the theory leaves out."""
    logs = np.log(np.maximum(draws, 1e-300))
    centre, spread = np.nanmean(logs, axis=0), np.hypot(np.nanstd(logs, axis=0, ddof=1), misfit)
    return np.exp(centre - 1.96 * spread), np.exp(centre + 1.96 * spread)


def _checked(made: Forecast, network: str, rows: Array, targets: Array, more: Array, draws: int, generator) -> Forecast:
    import dataclasses

    n = len(rows)
    pilot = n // 8
    if pilot < 16:
        raise InvalidInput(f"check=True needs at least 128 rows, an eighth of them for a pilot, not {n}")
    order = generator.permutation(n)
    sizes = [pilot, 2 * pilot, 4 * pilot]
    small = _make(network, rows[order[:pilot]], targets[order[:pilot]], more, sizes, draws, generator)
    held = order[4 * pilot :]
    checks = []
    for k, size in enumerate(sizes):
        kind = DiagonalRegressor if network == "diagonal" else QuadraticRegressor
        try:
            one = kind(small.weight_decay[k]).fit(rows[order[:size]], targets[order[:size]])
        except InvalidInput:
            continue  # too few rows to whiten: said below
        errors = (one.predict(rows[held]) - targets[held]) ** 2
        spread = float(np.std(errors, ddof=1)) / np.sqrt(len(held))
        checks.append(CheckPoint(size, small.error[k], small.low[k], small.high[k], float(np.mean(errors)), spread))
    notes = list(made.notes)
    outside = [c for c in checks if not c.inside]
    if len(checks) < len(sizes):
        notes.append(f"{len(sizes) - len(checks)} of {len(sizes)} checks had too few rows to train on")
    if outside:
        worst = max(outside, key=lambda c: abs(np.log(c.measured / c.forecast)))
        notes.append(
            f"checked on your own rows, {len(outside)} of {len(checks)} forecasts from a pilot of {pilot} missed their "
            f"interval; the worst said {worst.forecast:.3g} at n = {worst.samples}, measured {worst.measured:.3g}"
        )
    status = Trust.CAUTION if outside or made.status is Trust.CAUTION else Trust.OK
    return dataclasses.replace(made, checks=tuple(checks), notes=tuple(notes), status=status)
