"""A small convolutional network trained on scikit-learn's handwritten digits, in NumPy, seeded."""

from __future__ import annotations

import numpy as np

from spectralaw.systems.tensor_compression.arguments import Array
from spectralaw.systems.tensor_compression.network import forward

CHANNELS = (16, 32)
_BATCH, _RATE, _DECAY = 50, 2e-3, 1e-4


def digits() -> tuple[Array, Array, Array, Array]:
    """Training and test images (samples, 1, 8, 8) with entries from 0 to 1, and their classes."""
    from sklearn.datasets import load_digits

    pixels, targets = load_digits(return_X_y=True)
    images, classes = np.asarray(pixels, dtype=float).reshape(-1, 1, 8, 8) / 16.0, np.asarray(targets)
    order = np.random.default_rng(0).permutation(len(images))
    images, classes = images[order], classes[order]
    return images[:1300], classes[:1300], images[1300:], classes[1300:]


def trained(images: Array, classes: Array, epochs: int, seed: int) -> list[Array]:
    """Two circular 3 × 3 convolutions and a dense layer, by Adam on the cross-entropy."""
    rng = np.random.default_rng(seed)
    one, two = CHANNELS
    weights = [
        rng.standard_normal((one, 1, 3, 3)) * np.sqrt(2.0 / 9.0),
        rng.standard_normal((two, one, 3, 3)) * np.sqrt(2.0 / (9.0 * one)),
        rng.standard_normal((10, two * 64)) * np.sqrt(1.0 / (64.0 * two)),
    ]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    count = 0
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for at in range(0, len(images), _BATCH):
            batch = order[at : at + _BATCH]
            count += 1
            for k, gradient in enumerate(gradients(weights, images[batch], classes[batch])):
                gradient = gradient + _DECAY * weights[k]
                first[k] = 0.9 * first[k] + 0.1 * gradient
                second[k] = 0.999 * second[k] + 0.001 * gradient**2
                step = first[k] / (1.0 - 0.9**count) / (np.sqrt(second[k] / (1.0 - 0.999**count)) + 1e-8)
                weights[k] = weights[k] - _RATE * step
    return weights


def gradients(weights: list[Array], images: Array, classes: Array) -> list[Array]:
    """Of the mean cross-entropy, by every weight."""
    states = forward(weights, images)
    scores = states[-1] - states[-1].max(axis=1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(axis=1, keepdims=True)
    chances[np.arange(len(classes)), classes] -= 1.0
    back = chances / len(classes)
    found = [back.T @ states[2].reshape(len(images), -1)]
    back = (back @ weights[2]).reshape(states[2].shape)
    for k in (1, 0):
        back = back * (states[k + 1] > 0.0)
        gradient = np.empty_like(weights[k])
        below = np.zeros_like(states[k])
        for at in np.ndindex(3, 3):
            moved = np.roll(states[k], at, axis=(2, 3))
            gradient[:, :, at[0], at[1]] = np.tensordot(back, moved, axes=((0, 2, 3), (0, 2, 3)))
            sent = np.moveaxis(np.tensordot(weights[k][:, :, at[0], at[1]], back, axes=(0, 1)), 0, 1)
            below += np.roll(sent, (-at[0], -at[1]), axis=(2, 3))
        found.insert(0, gradient)
        back = below
    return found


def cross_entropy(weights: list[Array], images: Array, classes: Array) -> float:
    """Mean over samples."""
    scores = forward(weights, images)[-1]
    scores = scores - scores.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(classes)), classes]))


def accuracy(weights: list[Array], images: Array, classes: Array) -> float:
    """Share of right predictions."""
    return float(np.mean(np.argmax(forward(weights, images)[-1], axis=1) == classes))
