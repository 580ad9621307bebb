"""What gradient flow from a given scale of the weights converges to, between kernel and rich regime (arXiv:2002.09277).

A linear function f(x) = β·x, trained through β = w₊^D − w₋^D with all weights at ``scale`` in the beginning,
interpolates in the end; which of the interpolating β it finds, the scale decides: least l2 norm for large ones (kernel
regime), least l1 norm for small ones (rich regime).
"""

from __future__ import annotations

from spectralaw.systems.kernel_rich.decay import decay_comparison
from spectralaw.systems.kernel_rich.flow import Flow, gradient_flow
from spectralaw.systems.kernel_rich.limits import LeastNorm, min_l1, min_l2
from spectralaw.systems.kernel_rich.minimiser import Minimiser, min_potential
from spectralaw.systems.kernel_rich.potential import potential, slope
from spectralaw.systems.kernel_rich.rates import worst_l1_excess
from spectralaw.systems.kernel_rich.regimes import regime_sweep, sample_complexity
from spectralaw.systems.kernel_rich.setting import Sample, SparseRegression

__all__ = [
    "Flow",
    "LeastNorm",
    "Minimiser",
    "Sample",
    "SparseRegression",
    "decay_comparison",
    "gradient_flow",
    "min_l1",
    "min_l2",
    "min_potential",
    "potential",
    "regime_sweep",
    "sample_complexity",
    "slope",
    "worst_l1_excess",
]
