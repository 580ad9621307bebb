"""Which predictions survive any small change of the weights, such as rounding to few bits.

For f(x) = W^L ρ(W^{L−1} … ρ(W¹x)) with a non-negative, monotone ρ and every weight within a radius of its value:
a rigorous bound of the change of f_i − f_j (:func:`margin_bound`), the radius up to which a prediction is certified
(:func:`certified_radius`), perturbations that come near (:func:`attack`), the least margin itself of small networks
(:func:`worst_margin`), what rounding to few bits does (:func:`quantisation_report`), and training for it
(:func:`robust_loss`, :func:`train_classifier`). After arXiv:2103.02200; the bounds are derived in
``docs/systems/weight-perturbation.md``.
"""

from spectralaw.systems.weight_perturbation.attack import Attack, attack
from spectralaw.systems.weight_perturbation.bounds import margin_bound
from spectralaw.systems.weight_perturbation.certify import certified_radius
from spectralaw.systems.weight_perturbation.curves import accuracy_curve
from spectralaw.systems.weight_perturbation.exact import WorstMargin, worst_margin
from spectralaw.systems.weight_perturbation.network import Convolution, Network
from spectralaw.systems.weight_perturbation.quantisation import QuantisationReport, Quantised, quantisation_report
from spectralaw.systems.weight_perturbation.reading import read_network
from spectralaw.systems.weight_perturbation.robust import RobustLoss, robust_loss
from spectralaw.systems.weight_perturbation.training import Classifier, RobustTraining, train_classifier

__all__ = [
    "Attack",
    "Classifier",
    "Convolution",
    "Network",
    "QuantisationReport",
    "Quantised",
    "RobustLoss",
    "RobustTraining",
    "WorstMargin",
    "accuracy_curve",
    "attack",
    "certified_radius",
    "margin_bound",
    "quantisation_report",
    "read_network",
    "robust_loss",
    "train_classifier",
    "worst_margin",
]
