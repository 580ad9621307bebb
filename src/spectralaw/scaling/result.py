"""What a fit hands back: plain frozen records, their statuses and notes."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw.errors import InvalidInput

if TYPE_CHECKING:
    from spectralaw.scaling.matching import TheoryMatch
    from spectralaw.scaling.model import Model
    from spectralaw.scaling.phases import CompatiblePhase
    from spectralaw.task import Task

Array = NDArray[np.float64]


class FitStatus(StrEnum):
    """Outcome of a fit. Only ``CONVERGED`` is a law over the whole range; every other says in ``message`` what to do."""

    CONVERGED = "converged"
    NOT_CONVERGED = "not_converged"
    """The certificate is not within its tolerance."""
    TOO_FEW_POINTS = "too_few_points"
    TOO_FEW_VALUES = "too_few_values"
    """Of distinct x (or N, or D)."""
    TOO_FEW_DECADES = "too_few_decades"
    NOT_IDENTIFIABLE = "not_identifiable"
    """The data do not tell the parameters apart."""
    NO_INTERIOR_MINIMUM = "no_interior_minimum"
    """Of an IsoFLOP curve."""
    PEAK = "peak"
    """The curve has a maximum (double descent): see ``parts`` for the fits beside it."""
    NOT_DECREASING = "not_decreasing"
    INVALID = "invalid"
    """For outputs of the command line; in Python bad input raises :class:`~spectralaw.errors.InvalidInput`."""

    @property
    def is_result(self) -> bool:
        """Whether the law may be used over the whole range of the data."""
        return self is FitStatus.CONVERGED


class Note(StrEnum):
    """What a reader of the fit should know; ``remarks`` has the sentences."""

    PLATEAU_NOT_REACHED = "plateau_not_reached"
    """The interval of E contains 0."""
    EXPONENT_AT_BOUND = "exponent_at_bound"
    INFLUENTIAL_POINTS = "influential_points"
    """Without some point an exponent moves by more than its standard error."""
    RESIDUALS_NOT_IID = "residuals_not_iid"
    """Sandwich errors are more than 1.5 times those of the model: intervals are from the bootstrap."""
    ONE_POINT_HIGH = "one_point_high"
    """Outlier or peak, repeat it."""
    FORECAST_FAR = "forecast_far"
    CORRELATED_POINTS = "correlated_points"
    """Several points of one run: bootstrap whole runs (``groups``)."""
    SHORT_SIDE = "short_side"
    """A break has less than half a decade of data on one side: the exponent there is not known."""
    WARM_UP = "warm_up"
    """The first point is off the law by more than 4 σ."""


class Record:
    """Base of the records: ``to_dict`` gives plain strict-JSON values, and leaves out what is absent or not finite."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Fields by name."""
        values = {item.name: plain(getattr(self, item.name)) for item in fields(self) if item.repr}  # pyright: ignore[reportArgumentType]
        return {name: value for name, value in values.items() if value is not None}


def plain(value: Any) -> Any:
    """``value`` as JSON has it; None for what JSON cannot hold (infinite ends, absent parts)."""
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Mapping):
        items = {str(name): plain(part) for name, part in value.items()}
        return {name: part for name, part in items.items() if part is not None}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """A number with its interval; an end that the data leave open is infinite (and absent in ``to_dict``)."""

    value: float
    low: float
    high: float
    method: str
    """``profile``, ``wald``, ``sandwich``, ``bootstrap``, or ``fixed``."""

    def __str__(self) -> str:
        return f"{self.value:.6g} [{self.low:.5g}, {self.high:.5g}]"


@dataclass(frozen=True, slots=True)
class Regime(Record):
    """A stretch of at least half a decade where the local exponent d log y/d log x stays within ±0.05."""

    low: float
    high: float
    exponent: float
    """Mean local exponent, negative where the loss falls."""
    interval: tuple[float, float]
    phases: tuple[Any, ...] | None = None
    """Phases of theory that have this exponent (see :meth:`ScalingFit.compatible_phases`)."""


@dataclass(frozen=True, slots=True)
class Crossover(Record):
    """Where the local exponent is halfway between two neighbouring regimes."""

    x: float
    low: float
    high: float
    width_decades: float
    """Over which the exponent goes from 10 % to 90 % of the change."""


@dataclass(frozen=True, slots=True)
class Peak(Record):
    """A maximum inside the curve."""

    x: float
    rise: float
    """Of log y above the lowest earlier value."""
    z: float
    """The rise in units of the noise."""


@dataclass(frozen=True, slots=True)
class Candidate(Record):
    """A law that was tried."""

    law: str
    breaks: int
    aicc: float | None
    bic: float | None
    audit_error: float | None
    """Root mean square log error at the held-out ends."""
    status: str


@dataclass(frozen=True, slots=True)
class Audit(Record):
    """One hold-out: the law fitted without the far end of the data, held against it."""

    held_out: int
    reach: float
    """Decades from the last point that was fitted to the last that was held out."""
    error: float
    """Root mean square of log(predicted/measured)."""
    signed: float
    """Mean of log(predicted/measured)."""


@dataclass(frozen=True, slots=True)
class Influence(Record):
    """A point without which an exponent moves by more than its standard error."""

    row: int
    parameter: str
    shift: float
    """In standard errors."""


@dataclass(frozen=True, slots=True)
class Forecast(Record):
    """The loss expected at x, and how far that may be trusted."""

    x: float | dict[str, float]
    value: float
    low: float
    high: float
    """Interval for the law; see ``new_low``, ``new_high`` for a new measurement."""
    new_low: float
    new_high: float
    law: str
    reach: float
    """Decades beyond the data over decades in the data."""
    audit_error: float | None
    trust: str
    """``inside`` the data, ``audited`` (no farther than the longest hold-out), or ``extrapolation``."""
    message: str


@dataclass(frozen=True, slots=True)
class ComputeOptimal(Record):
    """How to spend a budget of compute."""

    C: float
    N: float
    N_low: float
    N_high: float
    D: float
    D_low: float
    D_high: float
    loss: float
    method: str


@dataclass(frozen=True, slots=True)
class Certificate(Record):
    """What shows that the optimiser ended at a minimum."""

    gradient: float
    """Largest |Σ w ψ J_j| / Σ w |ψ| |J_j| over the free parameters."""
    condition: float | None
    """Of the Jacobian with its columns scaled."""
    starts: int
    starts_agreeing: int


@dataclass(frozen=True)
class ScalingFit(Record):
    """A fitted law; made by :func:`spectralaw.fit_scaling_law`."""

    law: str
    status: FitStatus
    message: str
    """One sentence: what the status means here, and what to do."""
    notes: tuple[Note, ...]
    remarks: tuple[str, ...]
    """The notes as sentences."""
    parameters: dict[str, Estimate]
    """In the units of x and y; empty where there is no result."""
    exponents: dict[str, Estimate]
    plateau: Estimate | None
    regimes: tuple[Regime, ...]
    crossovers: tuple[Crossover, ...]
    peak: Peak | None
    objective: float | None
    """Σ w ρ_δ(log ŷ − log y); Σ w |log ŷ − log y| for ``loss="absolute"``."""
    loss: str
    delta: float | None
    """Of Huber's loss, in log y."""
    sigma: float | None
    """Robust scale of the residuals of log y."""
    n: int
    n_dropped: dict[str, int]
    residuals: Array
    """log y − log ŷ, in the order of the input."""
    influence: tuple[Influence, ...]
    candidates: tuple[Candidate, ...]
    audit: tuple[Audit, ...]
    """Of the law that forecasts."""
    forecast_law: str | None
    """Of the least error at held-out ends; may differ from ``law``."""
    certificate: Certificate | None
    starts_agreeing: int | None
    seed: int
    level: float
    interval: str
    """How the intervals of the parameters were made."""
    versions: dict[str, str]
    citations: tuple[str, ...]
    """arXiv numbers of what the fit rests on."""
    parts: dict[str, ScalingFit] = field(default_factory=dict)
    """With a peak: the fits ``left`` and ``right`` of it."""
    x: Array = field(default_factory=lambda: np.empty((0, 0)), repr=False)
    """The points that were fitted, shape (variables, n)."""
    y: Array = field(default_factory=lambda: np.empty(0), repr=False)
    model: Model | None = field(default=None, repr=False)
    """The law with its covariance, for functions of it."""
    forecaster: Model | None = field(default=None, repr=False)

    def predict(self, x: ArrayLike | Mapping[str, ArrayLike]) -> Any:
        """The fitted law at ``x`` (or at ``{"N": ..., "D": ...}``); a float for one point."""
        return self._usable("predict").predict(x)

    def local_exponent(self, x: ArrayLike) -> Any:
        """d log y / d log x of the fitted law."""
        return self._usable("local_exponent").local_exponent(x).value

    def local_exponent_band(self, x: ArrayLike) -> tuple[Array, Array, Array]:
        """Local exponent and the ends of its interval."""
        band = self._usable("local_exponent_band").local_exponent(x)
        return band.value, band.low, band.high

    def band(self, x: ArrayLike | Mapping[str, ArrayLike]) -> tuple[Array, Array, Array]:
        """The law and the ends of its interval at ``x``."""
        return self._usable("band").band(x)

    def forecast(self, x: Any) -> Any:
        """The loss at ``x`` beyond the data: a :class:`Forecast`, or a list of them for several x."""
        from spectralaw.scaling.forecast import forecasts

        self._usable("forecast")
        return forecasts(self, x)

    def compute_optimal(self, C: float, flops: float = 6.0) -> ComputeOptimal:
        """Model size N and data D of least loss for C = ``flops`` · N · D."""
        from spectralaw.scaling.optimum import compute_optimal

        return compute_optimal(self._usable("compute_optimal"), C, flops)

    def compatible_phases(self, network: str) -> tuple[CompatiblePhase, ...]:
        """Phases of the theory whose rate in n has the exponent of a regime, with the γ they would mean.

        For curves of the excess risk against samples; a row says *compatible*, not *is*.
        """
        from spectralaw.scaling.phases import compatible

        self._usable("compatible_phases")
        return compatible(self.regimes, network)

    def match_theory(self, task: Task, free: tuple[str, ...] = ("gamma", "noise_variance")) -> TheoryMatch:
        """Parameters of a task whose predicted excess risk is this curve, through the exact equations.

        Parameters
        ----------
        task : Task
            What is known. R must be in the teacher's units, unless ``scale`` is free.
        free : tuple of str
            Of ``gamma``, ``noise_variance``, ``weight_decay``, ``scale``.
        """
        from spectralaw.scaling.matching import match

        if len(self.x) != 1 or not self.y.size:
            raise InvalidInput("match_theory needs a fit of one variable, the number of samples")
        return match(self.x[0], self.y, task, free, self.level)

    def table(self) -> list[dict[str, Any]]:
        """Rows of parameters, exponents, regimes and crossovers."""
        rows = [{"what": name, **estimate.to_dict()} for name, estimate in self.parameters.items()]
        rows += [
            {"what": name, **estimate.to_dict()}
            for name, estimate in self.exponents.items()
            if name not in self.parameters
        ]
        for regime in self.regimes:
            low, high = regime.interval
            ends = plain({"low": low, "high": high})
            rows.append(
                {"what": f"local exponent, {regime.low:.3g} to {regime.high:.3g}", "value": regime.exponent, **ends}
            )
        for cross in self.crossovers:
            rows.append({"what": "crossover", "value": cross.x, **plain({"low": cross.low, "high": cross.high})})
        return rows

    def to_dict(self, forecast: Any = None, compute: Any = None, flops: float = 6.0) -> dict[str, Any]:
        """Strict JSON: what is absent is left out, never null.

        Parameters
        ----------
        forecast : number or list, optional
            x at which to forecast.
        compute : number or list, optional
            Budgets C for the law of two variables; by default the largest of the data and ten times that.
        """
        out = Record.to_dict(self)
        if not self.parameters:
            out = {name: value for name, value in out.items() if value not in ({}, [])}
        if (forecast is not None and self.status.is_result) or (forecast is not None and self.parts):
            made = self.forecast(forecast)
            out["forecast"] = [item.to_dict() for item in (made if isinstance(made, list) else [made])]
        if self.model is not None and self.model.law.two_variables and self.status.is_result:
            if compute is None:
                largest = flops * float(np.max(self.x[0] * self.x[1]))
                compute = [largest, 10.0 * largest]
            out["compute_optimal"] = [self.compute_optimal(C, flops).to_dict() for C in np.atleast_1d(compute)]
        return out

    def _usable(self, what: str) -> Model:
        if self.model is None or not self.status.is_result:
            raise InvalidInput(
                f"{what} needs a fit with a result, not one of status {str(self.status)!r}: {self.message}"
            )
        return self.model

    def __repr__(self) -> str:
        lines = [f"ScalingFit {self.law}: {self.status}, n = {self.n}, loss {self.loss}"]
        if not self.status.is_result:
            lines.append(f"  {self.message}")
        lines += [f"  {name:8s} {estimate} ({estimate.method})" for name, estimate in self.parameters.items()]
        lines += [
            f"  exponent {r.exponent:.4g} [{r.interval[0]:.4g}, {r.interval[1]:.4g}] for x in {r.low:.3g} … {r.high:.3g}"
            for r in self.regimes
        ]
        lines += [f"  crossover at {c.x:.4g} [{c.low:.4g}, {c.high:.4g}]" for c in self.crossovers]
        lines += [f"  note: {remark}" for remark in self.remarks]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(str(row['what']))}</td><td>{row['value']:.6g}</td>"
            f"<td>{row.get('low', -math.inf):.5g}</td><td>{row.get('high', math.inf):.5g}</td></tr>"
            for row in self.table()
        )
        head = html.escape(f"{self.law}: {self.status}. {self.message}")
        notes = "".join(f"<li>{html.escape(remark)}</li>" for remark in self.remarks)
        return f"<p>{head}</p><table><tr><th></th><th>value</th><th>low</th><th>high</th></tr>{rows}</table><ul>{notes}</ul>"
