"""How far particles have moved from their initial law: KL divergence by Gaussian fits and by nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import finite, whole
from spectralaw.display import Shown, number, with_error
from spectralaw.errors import InvalidInput
from spectralaw.systems.mean_field_resnet.setting import Array, real_array

GAUSSIAN = "Gaussian fit"
NEIGHBOURS = "nearest neighbours"


@dataclass(frozen=True, repr=False)
class Divergence(Shown):
    """An estimate of KL(τ‖N(0, std² I)) from particles of τ, in nats."""

    value: float
    method: str
    """``Gaussian fit`` or ``nearest neighbours``."""
    bias: float | None
    """Mean excess of ``value`` if τ is Gaussian and the particles are independent; None: not known."""
    standard_error: float | None
    """From the scatter of the terms; None for the Gaussian fit, whose value has no terms."""
    particles: int
    dimension: int

    @property
    def corrected(self) -> float:
        """Value without the bias, where that is known."""
        return self.value - (self.bias or 0.0)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        error = self.standard_error
        return f"KL divergence by {self.method}", [
            ("value", number(self.value) if error is None else with_error(self.value, error)),
            ("bias if Gaussian", "not known" if self.bias is None else number(self.bias)),
            ("particles, dimension", f"{self.particles:,}, {self.dimension}"),
        ]


def gaussian_divergence(particles: ArrayLike, std: float = 1.0) -> Divergence:
    """KL(N(m, S)‖N(0, std² I)) with mean and covariance of the particles.

    For a law τ that is not Gaussian the fit leaves out the negentropy: what it estimates is at most KL(τ‖N(0, std² I)).
    The bias for independent particles of any Gaussian is known exactly, ½ [tr S/(K std²) + D ln((K−1)/2) −
    Σ_{i=1}^D ψ((K−i)/2)], about D(D+3)/4K near the reference. Particles in opposite pairs (a symmetric start) are not
    independent: they are K/2, and their bias is about twice as large.

    Parameters
    ----------
    particles : array_like, shape (particles, dimension)
        More particles than dimensions, spanning all of them.
    std : float
        Standard deviation of the reference.

    Raises
    ------
    InvalidInput
        For too few particles, or particles in a subspace: their covariance has no inverse.
    """
    from scipy.special import digamma

    x, std = _particles(particles, std)
    count, d = x.shape
    mean, covariance = _moments("particles", x / std)
    value = _between(mean, covariance, np.zeros(d), np.eye(d))
    shrink = d * np.log(0.5 * (count - 1)) - float(np.sum(digamma(0.5 * (count - np.arange(1, d + 1)))))
    bias = 0.5 * (float(np.trace(covariance)) / count + shrink)
    return Divergence(value, GAUSSIAN, bias, None, count, d)


def moved_divergence(before: ArrayLike, after: ArrayLike) -> float:
    """KL(N(m', S')‖N(m, S)) between Gaussian fits of the same particles before and after a motion.

    Exactly zero without a motion, for both fits share their noise; the relative error of what is left is of order
    1/√particles. It sees motions far below the bias of ``gaussian_divergence``, but of them only means and covariances.

    Parameters
    ----------
    before, after : array_like, shape (particles, dimension)
        The same particles in the same order.

    Raises
    ------
    InvalidInput
        For other shapes, too few particles, or particles in a subspace.
    """
    x, _ = _particles(before, 1.0, "before")
    y = real_array("after", after, x.shape, "(particles, dimension)")
    return _between(*_moments("after", y), *_moments("before", x))


def neighbour_divergence(particles: ArrayLike, std: float = 1.0, neighbours: int = 5) -> Divergence:
    """KL(τ‖N(0, std² I)) as cross-entropy, a plain average, less the entropy from distances to the k-th neighbour.

    Of no assumption on the shape of τ, and of more noise than the Gaussian fit. The bias of the entropy (Kozachenko and
    Leonenko's) falls as slowly as particles^(−2/D) and is not known in general; it can be many standard errors where
    training has drawn particles onto thin sets. ``TrainingPath.output_divergence`` is free of it.

    Parameters
    ----------
    particles : array_like, shape (particles, dimension)
        Independent ones; opposite pairs are far from each other, so they matter little.
    std : float
        Standard deviation of the reference.
    neighbours : int
        k; more of them: less noise, more bias.

    Raises
    ------
    InvalidInput
        For no more particles than neighbours, and particles that coincide.
    """
    from scipy.spatial import KDTree
    from scipy.special import digamma, gammaln

    x, std = _particles(particles, std)
    k = whole("neighbours", neighbours, 1)
    count, d = x.shape
    if count <= k:
        raise InvalidInput(f"particles must be more than the {k} neighbours, not {count}")
    x = x / std
    distance = KDTree(x).query(x, k=k + 1)[0][:, -1]
    if np.any(distance == 0.0):
        raise InvalidInput(f"particles must differ, but {int(np.sum(distance == 0.0))} have {k} others in their place")
    ball = 0.5 * d * np.log(np.pi) - float(gammaln(0.5 * d + 1.0))
    entropy = float(digamma(count) - digamma(k)) + ball + d * np.log(distance)
    crossed = 0.5 * d * np.log(2.0 * np.pi) + 0.5 * np.sum(x * x, axis=1)
    terms = crossed - entropy
    return Divergence(float(np.mean(terms)), NEIGHBOURS, None, float(np.std(terms, ddof=1) / np.sqrt(count)), count, d)


def _particles(particles: ArrayLike, std: float, name: str = "particles") -> tuple[Array, float]:
    x = real_array(name, particles, (None, None), "(particles, dimension)")
    std = finite("std", std)
    if std <= 0.0:
        raise InvalidInput(f"std must be positive, not {std:g}")
    return x, std


def _moments(name: str, x: Array) -> tuple[Array, Array]:
    count, d = x.shape
    if count <= d:
        raise InvalidInput(f"{name} must be more than their dimension {d} for a Gaussian fit, not {count}")
    covariance = np.cov(x, rowvar=False).reshape(d, d)
    values = np.linalg.eigvalsh(covariance)
    if not values[0] > 1e-12 * values[-1]:
        raise InvalidInput(f"{name} must span all {d} dimensions for a Gaussian fit: their covariance is singular")
    return x.mean(axis=0), covariance


def _between(mean: Array, covariance: Array, other_mean: Array, other: Array) -> float:
    """KL(N(mean, covariance)‖N(other_mean, other)), as ½ Σ (λ − 1 − ln λ) so that small ones keep their digits."""
    root = np.linalg.cholesky(other)
    change = np.linalg.solve(root, np.linalg.solve(root, covariance - other).T)
    grown = np.linalg.eigvalsh(0.5 * (change + change.T))  # λ − 1
    shift = np.linalg.solve(root, mean - other_mean)
    return float(0.5 * (np.sum(grown - np.log1p(grown)) + shift @ shift))
