"""How the test error of a classifier follows the norm of its weights, and laws of its learning curves.

Theory: :func:`rs_perceptron`, :func:`tuned_perceptron`, and the errors that need no norm. Finite students:
:func:`train_fixed_norm`, :func:`train_free_norm`. Learning curves of any network: :func:`dynamical_laws`,
:func:`spectral_complexity`. Source: arXiv:2505.13230.
"""

from __future__ import annotations

from spectralaw.systems.perceptron.complexity import spectral_complexity
from spectralaw.systems.perceptron.fixed_norm import FixedNorm, train_fixed_norm
from spectralaw.systems.perceptron.flow import FreeNorm, train_free_norm
from spectralaw.systems.perceptron.laws import DynamicalLaws, dynamical_laws
from spectralaw.systems.perceptron.limits import bayes_error, gibbs_error, hebb_error, max_stability_error
from spectralaw.systems.perceptron.replica import (
    ReplicaSymmetric,
    TunedPerceptron,
    optimal_norm,
    rs_perceptron,
    tuned_perceptron,
)
from spectralaw.systems.perceptron.setting import Perceptron

__all__ = [
    "DynamicalLaws",
    "FixedNorm",
    "FreeNorm",
    "Perceptron",
    "ReplicaSymmetric",
    "TunedPerceptron",
    "bayes_error",
    "dynamical_laws",
    "gibbs_error",
    "hebb_error",
    "max_stability_error",
    "optimal_norm",
    "rs_perceptron",
    "spectral_complexity",
    "train_fixed_norm",
    "train_free_norm",
    "tuned_perceptron",
]
