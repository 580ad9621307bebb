"""What a fit hands back."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.saving import Saved
from spectralaw.scaling.covariance import Errors
from spectralaw.scaling.forecast import forecasts
from spectralaw.scaling.model import Model
from spectralaw.scaling.optimum import compute_optimal
from spectralaw.scaling.records import (
    Audit,
    Candidate,
    Certificate,
    ComputeOptimal,
    Crossover,
    Estimate,
    FitStatus,
    Influence,
    Note,
    Peak,
    Record,
    Regime,
    plain,
)
from spectralaw.scaling.solve import Solution

if TYPE_CHECKING:
    from spectralaw.scaling.joint import JointProfile
    from spectralaw.scaling.matching import TheoryMatch
    from spectralaw.scaling.phases import CompatiblePhase
    from spectralaw.task import Task

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScalingFit(Record, Saved, ByValue):
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
    solution: Solution | None = field(default=None, repr=False)
    """The minimum, for profiles."""
    errors: Errors | None = field(default=None, repr=False)

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
        return forecasts(self.forecaster or self._usable("forecast"), self.audit, x)

    def compute_optimal(self, C: float, flops: float = 6.0) -> ComputeOptimal:
        """Model size N and data D of least loss for C = ``flops`` · N · D."""
        return compute_optimal(self._usable("compute_optimal"), C, flops)

    def joint_profile(self, points: int = 21) -> JointProfile:
        """Rise of the objective over a grid of α and β of a law of two variables, all else refitted."""
        from spectralaw.scaling.joint import joint_profile

        self._usable("joint_profile")
        return joint_profile(self, points)

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
        if forecast is not None and self.status.is_result:
            made = self.forecast(forecast)
            made = made if isinstance(made, list) else [made]
            out["forecast"] = [item.to_dict() for item in made]
            if any(item.trust == "extrapolation" for item in made):
                out["notes"] = [*out["notes"], str(Note.FORECAST_FAR)]
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
            f"  exponent {one.exponent:.4g} [{one.interval[0]:.4g}, {one.interval[1]:.4g}] "
            f"for x in {one.low:.3g} … {one.high:.3g}"
            for one in self.regimes
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
        columns = "<tr><th></th><th>value</th><th>low</th><th>high</th></tr>"
        return f"<p>{head}</p><table>{columns}{rows}</table><ul>{notes}</ul>"
