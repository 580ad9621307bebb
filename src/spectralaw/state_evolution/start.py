"""Where Newton's method for the state evolution starts: a caricature of the two equations, solved by a few rounds."""

from __future__ import annotations

import numpy as np
from scipy.special import erfcinv

from spectralaw.state_evolution.channel import Array, Evaluator

_ROOT_2 = np.sqrt(2.0)


def caricature(evaluate: Evaluator, capacity: Array, decay: Array, noise_variance: Array) -> tuple[Array, Array]:
    """log δ and log c/δ near the solution, at B points.

    Directions above the larger of threshold and noise are learned at the price of both, the others not at all; the
    threshold is at least the one at which noise alone would exhaust the capacity.
    """
    atoms, largest = evaluate.atoms, evaluate.largest_risk
    unit = largest / atoms.power if atoms.power > 0.0 else 1.0  # what a unit of teacher power adds to the risk
    full = evaluate.largest_response
    values, counts = atoms.near(np.array([atoms.largest]))
    order = np.argsort(values[0] ** 2)
    squares, counts = values[0, order] ** 2, counts[0, order]
    power_below = np.concatenate([[0.0], np.cumsum(counts * squares)])
    count_above = np.concatenate([np.cumsum(counts[::-1])[::-1], [0.0]])
    alone = _threshold_of_noise(capacity / full, gaussian=full > 1.0)
    risk = np.full(capacity.shape, largest)
    noise, threshold = np.sqrt(risk), np.zeros_like(risk)
    for _ in range(8):
        noise = np.sqrt((risk + noise_variance) / capacity)
        threshold = decay / capacity
        for _ in range(2):
            cut = np.maximum(noise, threshold) ** 2
            learned = count_above[np.searchsorted(squares, cut, side="right")] * full / atoms.dimension
            threshold = decay / np.maximum(capacity - learned, 0.1 * capacity)
        price = noise**2 + threshold**2
        place = np.searchsorted(squares, price, side="right")
        risk = np.maximum(unit * (power_below[place] + price * count_above[place]), 1e-3 * risk)
    return np.log(noise), np.log(np.maximum(threshold / noise, alone))


def _threshold_of_noise(share: Array, *, gaussian: bool) -> Array:
    """c/δ at which noise alone has the response ``share`` of its largest: Gaussian, or a semicircle (roughly)."""
    bounded = np.clip(share, 1e-300, 1.0 - 1e-16)
    balance = _ROOT_2 * erfcinv(bounded) if gaussian else 2.0 - bounded**0.4 * (1.54 + 0.46 * bounded)
    return np.where(share < 1.0, np.maximum(balance, 1e-3), 1e-3)
