"""Slow, independent evaluations of the theory, in arithmetic of many digits: oracles for the tests."""

from __future__ import annotations

import mpmath as mp
import numpy as np


def quadratic_reference(values, weights, noise, threshold, digits=40, step=0.15):
    """mse and X of the spectral denoiser, from resolvents along the vertical line z = c + i t.

    Uses y|y| = (2/π) ∫ y³/(t² + y²) dt and |y| = (2/π) ∫ y²/(t² + y²) dt for the spectral measure of each teacher
    direction, with Newton's method for w at each node: nothing is shared with the contour of the package.
    """
    with mp.workdps(digits):
        s = [mp.mpf(float(v)) for v in values]
        a = [mp.mpf(float(v)) for v in weights]
        delta, c = mp.mpf(float(noise)), mp.mpf(float(threshold))
        variance = delta**2
        top = mp.log(max(s) + delta + c) + 75
        bottom = mp.log(min(delta, c)) - 75
        count = int((top - bottom) / step)
        h = (top - bottom) / count
        first = [mp.mpf(0)] * len(s)  # E |y| of each direction
        second = [mp.mpf(0)] * len(s)  # E y|y|
        slope = mp.mpf(0)
        w = None
        for k in range(count + 1):
            t = mp.exp(top - k * h)
            z = mp.mpc(c, t)
            w = z if w is None else mp.mpc(w.real, max(w.imag, t))
            for _ in range(200):
                inverse = [1 / (w - v) for v in s]
                g = mp.fsum(p * r for p, r in zip(a, inverse, strict=True))
                derivative = -mp.fsum(p * r * r for p, r in zip(a, inverse, strict=True))
                change = (w + variance * g - z) / (1 + variance * derivative)
                following = w - change
                w = following if following.imag > 0 else mp.mpc(following.real, w.imag / 2)
                if abs(change) < abs(w) * mp.mpf(10) ** (6 - digits):
                    break
            inverse = [1 / (w - v) for v in s]
            g = mp.fsum(p * r for p, r in zip(a, inverse, strict=True))
            derivative = -mp.fsum(p * r * r for p, r in zip(a, inverse, strict=True))
            weight = 2 / mp.pi * t * h
            for i, (v, r) in enumerate(zip(s, inverse, strict=True)):
                q = (v - c + variance * g) * r
                first[i] -= weight * q.real
                second[i] -= weight * (((v - c + variance * g) * q).real + variance * g.real)
            slope += weight * t * t * (-2 * delta * g * derivative / (1 + variance * derivative)).real
        mse = mp.mpf(0)
        for v, p, e, f in zip(s, a, first, second, strict=True):
            m1, m2 = v - c, (v - c) ** 2 + variance
            mse += p * (v * v + (f + m2) / 2 - v * (e + m1))
        return mse, (2 * delta + slope) / (2 * delta)


def gaussian_coefficient_reference(sigma, tau, kappa, digits=30):
    """Risk and survival probability of a Gaussian coefficient, by quadrature over the noisy value.

    Given x = θ* + τ z, the coefficient is Gaussian with mean (σ²/v) x and variance σ² τ²/v.
    """
    with mp.workdps(digits):
        sigma, tau, kappa = (mp.mpf(float(value)) for value in (sigma, tau, kappa))
        v = sigma**2 + tau**2
        left = sigma**2 * tau**2 / v
        bell = lambda x: mp.exp(-x * x / (2 * v)) / mp.sqrt(2 * mp.pi * v)  # noqa: E731
        scale = mp.sqrt(v)
        cuts = [kappa + k * scale for k in (0, 1, 2, 4, 8, 16, 40)]
        inner = sorted({mp.mpf(0), kappa, *(k * scale for k in (1, 2, 4, 8, 16) if k * scale < kappa)})
        over = mp.quad(lambda x: ((x - kappa - sigma**2 / v * x) ** 2 + left) * bell(x), cuts)
        under = mp.quad(lambda x: ((sigma**2 / v * x) ** 2 + left) * bell(x), inner) if kappa > 0 else mp.mpf(0)
        kept = 2 * mp.quad(bell, cuts)
        return 2 * (over + under), kept


def random_matrices(values, noise, count, seed):
    """Eigenvalues and eigenvectors of diag(values) + δ Z for ``count`` GOE matrices, E Z_ij² = 1/d."""
    rng = np.random.default_rng(seed)
    d = len(values)
    for _ in range(count):
        z = rng.standard_normal((d, d))
        yield np.linalg.eigh(np.diag(values) + noise * (z + z.T) / np.sqrt(2.0 * d))
