"""Predictions: the equations of the theory, solved."""

from spectralaw.theory.grid import predict_grid
from spectralaw.theory.prediction import Exponents, Prediction, predict
from spectralaw.theory.spectrum import Spectrum

__all__ = ["Exponents", "Prediction", "Spectrum", "predict", "predict_grid"]
