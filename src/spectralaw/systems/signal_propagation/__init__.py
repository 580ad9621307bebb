"""How signals go through deep random networks: where they neither die nor explode, and how deep a width carries them.

The edge of chaos of any smooth activation with its metric factor, the maps of variance and correlation, finite width
and channels by simulation, scaling collapse, and scales of weights to begin training with (arXiv:2307.02284).
"""

from __future__ import annotations

from spectralaw.systems.signal_propagation.activations import activations
from spectralaw.systems.signal_propagation.collapse import Collapse, CollapseFit, collapse, fit_collapse
from spectralaw.systems.signal_propagation.convolution import simulate_conv1d
from spectralaw.systems.signal_propagation.critical import CriticalPoint, critical_point, phase_boundary
from spectralaw.systems.signal_propagation.finite_width import FiniteWidth, finite_width
from spectralaw.systems.signal_propagation.fixed_point import FixedPoint, fixed_point
from spectralaw.systems.signal_propagation.initialise import Initialisation, initialise
from spectralaw.systems.signal_propagation.maps import correlation_map, propagate, variance_map
from spectralaw.systems.signal_propagation.setting import Network
from spectralaw.systems.signal_propagation.simulation import Lyapunov, lyapunov, simulate_mlp
from spectralaw.systems.signal_propagation.universality import DIRECTED_PERCOLATION, MEAN_FIELD, UniversalityClass

__all__ = [
    "DIRECTED_PERCOLATION",
    "MEAN_FIELD",
    "Collapse",
    "CollapseFit",
    "CriticalPoint",
    "FiniteWidth",
    "FixedPoint",
    "Initialisation",
    "Lyapunov",
    "Network",
    "UniversalityClass",
    "activations",
    "collapse",
    "correlation_map",
    "critical_point",
    "finite_width",
    "fit_collapse",
    "fixed_point",
    "initialise",
    "lyapunov",
    "phase_boundary",
    "propagate",
    "simulate_conv1d",
    "simulate_mlp",
    "variance_map",
]
