"""One-pass SGD of two-layer networks on data with a power-law spectrum: learning curves, plateaus and exponents.

A committee machine with K hidden units learns one with M from Gaussian data whose covariance has few distinct
eigenvalues (arXiv:2410.09005). :func:`integrate` gives the learning curve for N → ∞, :func:`simulate` that of networks
of finite N; :func:`linear_error` is the closed form of linear networks.
"""

from spectralaw.systems.committee_machine.dynamics import LearningCurve, integrate
from spectralaw.systems.committee_machine.linear import (
    LinearModes,
    largest_learning_rate,
    leading_error,
    linear_error,
    linear_modes,
)
from spectralaw.systems.committee_machine.plateau import (
    NoPlateau,
    Plateau,
    find_plateau,
    first_below,
    plateau_height,
)
from spectralaw.systems.committee_machine.power_law import power_law, power_law_window
from spectralaw.systems.committee_machine.setting import CommitteeSetting
from spectralaw.systems.committee_machine.simulation import SimulatedCurves, simulate
from spectralaw.systems.committee_machine.spectrum import PowerLawSpectrum, Spectrum

__all__ = [
    "CommitteeSetting",
    "LearningCurve",
    "LinearModes",
    "NoPlateau",
    "Plateau",
    "PowerLawSpectrum",
    "SimulatedCurves",
    "Spectrum",
    "find_plateau",
    "first_below",
    "integrate",
    "largest_learning_rate",
    "leading_error",
    "linear_error",
    "linear_modes",
    "plateau_height",
    "power_law",
    "power_law_window",
    "simulate",
]
