"""What a law says beyond its data, and how far that may be trusted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from spectralaw.scaling.model import Model
from spectralaw.scaling.records import Audit, Forecast

_CAVEAT = "valid only if no new regime begins"


def forecasts(model: Model, audit: tuple[Audit, ...], x: Any) -> Any:
    """One :class:`Forecast`, or a list of them where x holds several places."""
    u, shape = model.centred(x)
    made = [_one(model, u[:, i : i + 1], audit) for i in range(u.shape[1])]
    return made if shape else made[0]


def _one(model: Model, u: Any, audit: tuple[Audit, ...]) -> Forecast:
    value, low, high = (float(part[0]) for part in model.log_band(u))
    where = u[:, 0] + np.array(model.frame.centres)
    beyond, span = distance(where, model.low, model.high)
    far = max((item.reach for item in audit), default=0.0)
    upwards = bool(np.all(where >= model.low))
    error = audit_error(audit)
    if beyond <= 1e-9:
        trust, message = "inside", "inside the data"
    elif upwards and beyond <= far + 1e-9:
        trust = "audited"
        message = f"no farther beyond the data than was tested by holding points out; {_CAVEAT}"
    else:
        trust = "extrapolation"
        message = f"{beyond:.2g} decades beyond the data, tested over {far:.2g}; {_CAVEAT}"
    if trust != "inside" and error is not None:  # and no interval becomes narrower farther out
        low, high = min(low, value - 2.0 * error), max(high, value + 2.0 * error)
    new_low, new_high = value - math.hypot(value - low, model.scatter), value + math.hypot(high - value, model.scatter)
    level = model.frame.level
    value, low, high, new_low, new_high = (math.exp(part + level) for part in (value, low, high, new_low, new_high))
    at = np.exp(where)
    place = float(at[0]) if len(at) == 1 else {n: float(a) for n, a in zip(model.names, at, strict=True)}
    reach = beyond / span if span > 0.0 else math.inf
    return Forecast(place, value, low, high, new_low, new_high, model.law.name, reach, error, trust, message)


def distance(where: Any, low: Any, high: Any) -> tuple[float, float]:
    """Decades beyond the data, and decades of the data: of x, or the larger of those of N and of D."""
    outside = np.maximum(np.maximum(where - high, low - where), 0.0)
    return float(np.max(outside)) / math.log(10.0), float(np.max(high - low)) / math.log(10.0)


def audit_error(audit: tuple[Audit, ...]) -> float | None:
    """Root mean square log error over all points that were held out."""
    if not audit:
        return None
    count = sum(item.held_out for item in audit)
    return math.sqrt(sum(item.held_out * item.error**2 for item in audit) / count)
