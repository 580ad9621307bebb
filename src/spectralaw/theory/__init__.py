"""State evolution of both networks: risk, spectrum, phases and exponents from two scalar equations."""

from spectralaw.theory.grid import predict_grid
from spectralaw.theory.optimum import OptimalDecay, optimal_weight_decay
from spectralaw.theory.phase_diagram import phase_diagram
from spectralaw.theory.phases import Phase
from spectralaw.theory.prediction import Exponents, Prediction, predict
from spectralaw.theory.pruning import predict_pruning
from spectralaw.theory.spectrum import Spectrum

__all__ = [
    "Exponents",
    "OptimalDecay",
    "Phase",
    "Prediction",
    "Spectrum",
    "optimal_weight_decay",
    "phase_diagram",
    "predict",
    "predict_grid",
    "predict_pruning",
]
