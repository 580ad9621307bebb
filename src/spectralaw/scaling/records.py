"""The parts of a result: plain frozen records, statuses and notes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import numpy as np


class FitStatus(StrEnum):
    """Outcome of a fit. Only ``CONVERGED`` is a law over the whole range; otherwise ``message`` says what to do."""

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
    """Beyond what holding points out has tested; with the forecasts of ``to_dict`` only."""
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
    phases: tuple[str, ...] | None = None
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
