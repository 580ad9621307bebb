"""Which predictions survive any small change of the weights, such as rounding to few bits.

For f(x) = W^L ρ(W^{L−1} … ρ(W¹x)) with a non-negative, monotone ρ and every weight within a radius of its value:
a rigorous bound of the change of f_i − f_j (:func:`margin_bound`), the radius up to which a prediction is certified
(:func:`certified_radius`), perturbations that come near (:func:`attack`), and what rounding to few bits does
(:func:`quantisation_report`). After arXiv:2103.02200; the bounds are derived in ``docs/systems/weight-perturbation.md``.
"""

from spectralaw.systems.weight_perturbation.attack import Attack, attack
from spectralaw.systems.weight_perturbation.bounds import margin_bound
from spectralaw.systems.weight_perturbation.certify import certified_radius
from spectralaw.systems.weight_perturbation.network import Convolution, Network

__all__ = ["Attack", "Convolution", "Network", "attack", "certified_radius", "margin_bound"]
