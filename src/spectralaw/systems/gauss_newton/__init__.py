"""Conditioning of the Gauss–Newton matrix of deep networks, and what limits it: depth, one layer, or the data."""

from __future__ import annotations

from spectralaw.systems.gauss_newton.arguments import residual
from spectralaw.systems.gauss_newton.bound import GNBound, gn_bound
from spectralaw.systems.gauss_newton.leaky_relu import leaky_relu_matrix, leaky_relu_spectrum
from spectralaw.systems.gauss_newton.report import ConditioningReport, Limit, conditioning_report
from spectralaw.systems.gauss_newton.setting import LinearNetwork
from spectralaw.systems.gauss_newton.spectrum import GNSpectrum, gn_spectrum
from spectralaw.systems.gauss_newton.sweep import sweep

__all__ = [
    "ConditioningReport",
    "GNBound",
    "GNSpectrum",
    "Limit",
    "LinearNetwork",
    "conditioning_report",
    "gn_bound",
    "gn_spectrum",
    "leaky_relu_matrix",
    "leaky_relu_spectrum",
    "residual",
    "sweep",
]
