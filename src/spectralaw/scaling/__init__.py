"""Laws fitted to measured losses: power laws, plateaus, smooth breaks, and the law of two variables."""

from __future__ import annotations

from spectralaw.scaling.fit import fit_scaling_law
from spectralaw.scaling.isoflop import isoflop_exponent, isoflop_optimum
from spectralaw.scaling.records import FitStatus, Note
from spectralaw.scaling.result import ScalingFit

__all__ = ["FitStatus", "Note", "ScalingFit", "fit_scaling_law", "isoflop_exponent", "isoflop_optimum"]
