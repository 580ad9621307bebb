"""Scaling laws and spectra of shallow neural networks: theory, training, and the comparison of the two.

The public face. Names are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from spectralaw._version import __version__

_HOMES = {
    "Task": "task",
    "PowerLaw": "teacher",
    "FiniteRank": "teacher",
    "Empirical": "teacher",
    "White": "inputs",
    "PowerLawInputs": "inputs",
    "EmpiricalInputs": "inputs",
    "InvalidInput": "errors",
    "ConvergenceFailure": "errors",
    "Status": "results",
    "Outcome": "results",
    "Outlier": "results",
    "Prediction": "theory",
    "predict": "theory",
    "predict_grid": "theory",
    "Trained": "training",
    "train": "training",
    "Comparison": "comparison",
    "cite": "citations",
    "sweep": "sweeps.driver",
    "open_sweep": "sweeps",
    "Sweep": "sweeps",
    "plan_sweep": "sweeps",
    "Pruned": "results",
    "predict_pruning": "theory",
    "Bulk": "weights.trained_bulk",
    "read_bulk": "weights.trained_bulk",
    "prune": "weights.prune",
    "PrunedWeights": "weights.pruned",
    "diagnose": "weights.diagnose",
    "Diagnosis": "weights.diagnosis",
    "Checkpoints": "weights.checkpoints",
    "MatrixReading": "weights.row",
    "MatrixStatus": "weights.row",
    "UnreadableWeights": "weights.files.tensor",
    "phase_diagram": "theory",
    "Phase": "theory",
    "optimal_weight_decay": "theory",
    "OptimalDecay": "theory",
    "compare": "comparison",
    "QuadraticRegressor": "regression.estimators",
    "DiagonalRegressor": "regression.estimators",
    "RiskEstimate": "training.risk_estimate",
    "Forecast": "regression.forecast",
    "forecast": "regression.forecast",
    "ScalingFit": "scaling",
    "fit_scaling_law": "scaling",
    "isoflop_optimum": "scaling",
    "load": "loading",
    "plot_spectrum": "figures.spectrum",
    "plot_curve": "figures.learning_curve",
    "WeightRecorder": "weights.recorder",
    "random_matrix_baseline": "weights.dynamics",
    "reproduce": "reproduction.runner",
    "Reproduction": "reproduction.runner",
}
__all__ = sorted([*_HOMES, "systems", "__version__"])  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name == "systems":
        return importlib.import_module(f"{__name__}.systems")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:  # what the lazy names are
    from spectralaw import systems
    from spectralaw.citations import cite
    from spectralaw.comparison import Comparison, compare
    from spectralaw.errors import ConvergenceFailure, InvalidInput
    from spectralaw.figures.learning_curve import plot_curve
    from spectralaw.figures.spectrum import plot_spectrum
    from spectralaw.inputs import EmpiricalInputs, PowerLawInputs, White
    from spectralaw.loading import load
    from spectralaw.regression.estimators import DiagonalRegressor, QuadraticRegressor
    from spectralaw.regression.forecast import Forecast, forecast
    from spectralaw.reproduction.runner import Reproduction, reproduce
    from spectralaw.results import Outcome, Outlier, Pruned, Status
    from spectralaw.scaling import ScalingFit, fit_scaling_law, isoflop_optimum
    from spectralaw.sweeps import Sweep, open_sweep, plan_sweep
    from spectralaw.sweeps.driver import sweep
    from spectralaw.task import Task
    from spectralaw.teacher import Empirical, FiniteRank, PowerLaw
    from spectralaw.theory import (
        OptimalDecay,
        Phase,
        Prediction,
        optimal_weight_decay,
        phase_diagram,
        predict,
        predict_grid,
        predict_pruning,
    )
    from spectralaw.training import Trained, train
    from spectralaw.training.risk_estimate import RiskEstimate
    from spectralaw.weights.checkpoints import Checkpoints
    from spectralaw.weights.diagnose import diagnose
    from spectralaw.weights.diagnosis import Diagnosis
    from spectralaw.weights.dynamics import random_matrix_baseline
    from spectralaw.weights.files.tensor import UnreadableWeights
    from spectralaw.weights.prune import prune
    from spectralaw.weights.pruned import PrunedWeights
    from spectralaw.weights.recorder import WeightRecorder
    from spectralaw.weights.row import MatrixReading, MatrixStatus
    from spectralaw.weights.trained_bulk import Bulk, read_bulk
