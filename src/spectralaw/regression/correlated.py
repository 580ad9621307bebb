"""The LASSO with correlated inputs in theory: a few small LASSO solutions in place of the scalar channel.

For any covariance Σ (arXiv:2007.13716) θ̂ has the law of argmin ½ ‖Σ^½ (θ − θ*) − τ z‖² + κ ‖θ‖₁ with z ~ N(0, I) and

    R = E ‖Σ^½ (θ̂ − θ*)‖²,      τ² = (Δ + R)/n,      λ √d = κ (n − E ‖θ̂‖₀).

R and E ‖θ̂‖₀ depend on τ and t = κ/τ only, not on n: one table of them answers every n and every λ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RectBivariateSpline

from spectralaw.training import lasso
from spectralaw.training.sensing import Array

_NOISES = 10
_RATIOS = 12
_GAP = 1e-7


@dataclass(frozen=True)
class Channel:
    """R and E ‖θ̂‖₀ of one teacher over log τ and log t."""

    log_noise: Array
    log_ratio: Array
    log_risk: RectBivariateSpline
    support: RectBivariateSpline
    dimension: int

    @classmethod
    def of(cls, covariance: Array, teacher: Array, noises: tuple[float, float], draws: Array) -> Channel:
        """Tabulate a teacher.

        Parameters
        ----------
        covariance : array, shape (d, d)
        teacher : array, shape (d,)
            θ*.
        noises : (float, float)
            Smallest and largest τ.
        draws : array, shape (m, d)
            z, the same for every teacher, so that differences between teachers are not differences of draws.
        """
        values, vectors = np.linalg.eigh(covariance)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        seen = root @ teacher
        d = len(teacher)
        log_least, log_most = np.log(noises)
        log_noise = np.linspace(log_least, log_most, _NOISES)
        largest = max(np.sqrt(2.0 * np.log(2.0 * d)), 1.0) * 3.0
        log_ratio = np.linspace(np.log(0.02), np.log(largest), _RATIOS)
        risk, support = np.zeros((2, _NOISES, _RATIOS))
        for z in draws:
            for i, noise in enumerate(np.exp(log_noise)):
                target = seen + noise * z
                found = lasso.minimise_path(root, target, list(noise * np.exp(log_ratio[::-1])), tolerance=_GAP)
                for j, one in enumerate(reversed(found)):
                    error = root @ one.coefficients - seen
                    risk[i, j] += float(error @ error) / len(draws)
                    support[i, j] += np.count_nonzero(one.coefficients) / len(draws)
        floor = 1e-12 * max(float(seen @ seen), 1e-300)
        return cls(
            log_noise,
            log_ratio,
            RectBivariateSpline(log_noise, log_ratio, np.log(np.maximum(risk, floor)), kx=3, ky=3),
            RectBivariateSpline(log_noise, log_ratio, support, kx=1, ky=1),
            d,
        )

    def curve(self, samples: float, noise_variance: float) -> tuple[Array, Array]:
        """λ and R along the thresholds at one n; only where the equations have a solution with λ > 0."""
        fine = np.linspace(self.log_noise[0], self.log_noise[-1], 400)
        ratios = np.linspace(self.log_ratio[0], self.log_ratio[-1], 120)
        risk = np.exp(self.log_risk(fine, ratios))
        support = np.clip(self.support(fine, ratios), 0.0, self.dimension)
        excess = np.log((risk + noise_variance) / samples) - 2.0 * fine[:, None]  # decreases with τ
        decays, risks = [], []
        for j, ratio in enumerate(np.exp(ratios)):
            column = excess[:, j]
            crossing = np.flatnonzero((column[:-1] > 0.0) & (column[1:] <= 0.0))
            if not len(crossing):
                continue
            k = int(crossing[-1])
            w = column[k] / (column[k] - column[k + 1])
            noise = np.exp(fine[k] + w * (fine[k + 1] - fine[k]))
            active = support[k, j] + w * (support[k + 1, j] - support[k, j])
            decay = ratio * noise * (samples - active) / np.sqrt(self.dimension)
            if decay > 0.0:
                decays.append(decay)
                risks.append(noise**2 * samples - noise_variance)
        order = np.argsort(decays)
        return np.array(decays)[order], np.array(risks)[order]
