"""Training as an exact power series in the step of the weights: how lazy it was (arXiv:2302.00205).

Around any weights a network with one hidden layer is a power series in their step: features of the data paired with
features of the step. Its first order is the linearised network of the tangent kernel; how many orders a training needs
says how far from lazy it was.
"""

from __future__ import annotations

from spectralaw.systems.weight_series.descent import sequential_gd
from spectralaw.systems.weight_series.laziness import Laziness, laziness
from spectralaw.systems.weight_series.series import WeightStepSeries
from spectralaw.systems.weight_series.setting import Start, TwoLayer

__all__ = ["Laziness", "Start", "TwoLayer", "WeightStepSeries", "laziness", "sequential_gd"]
