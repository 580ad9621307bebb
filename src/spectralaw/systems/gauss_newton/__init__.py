"""Conditioning of the Gauss–Newton matrix of deep networks, and what limits it: depth, one layer, or the data."""

from __future__ import annotations

from spectralaw.systems.gauss_newton.arguments import residual
from spectralaw.systems.gauss_newton.spectrum import GNSpectrum, gn_spectrum

__all__ = ["GNSpectrum", "gn_spectrum", "residual"]
