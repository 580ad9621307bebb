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


def spectral_denoiser_reference(values, weights, noise, threshold, cut, nodes=400):
    """mse and mass of f(x) = (x − c) 1{x > b}: dense quadrature of E (f − s_i)² over the law of each direction.

    Along the curve of subordination points w = u + i v, direction i has the density v/(π |w − s_i|²) x'(u) in u. Around
    each atom, edges and heights of the curve are found by bisection; every term of the sum is positive.
    """
    s, a = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    order = np.argsort(s)
    s, a = s[order], a[order]
    points, rule = np.polynomial.legendre.leggauss(nodes)
    angle = 0.5 * np.pi * (1.0 + points)
    error = mass = 0.0
    for k, here in enumerate(s):
        around = _Around(s - here, a, noise)
        low = around.end(-np.inf if k == 0 else s[k - 1] - here, -1.0)
        high = around.end(np.inf if k + 1 == len(s) else s[k + 1] - here, 1.0)
        at = cut - here
        parts = [(low, high)]
        if around.place(low) < at < around.place(high):
            middle = _bisect(lambda u, o=around, x=at: o.place(u) < x, low, high)
            parts = [(low, middle), (middle, high)]
        for begin, end in parts:
            above = around.place(0.5 * (begin + end)) > at
            half = 0.5 * (end - begin)
            for share, du in zip(angle, np.sin(angle) * half * 0.5 * np.pi * rule, strict=True):
                u = begin + half * (1.0 - np.cos(share)) if share < 0.5 * np.pi else end - half * (1.0 + np.cos(share))
                v = around.height(u)
                kernel = 1.0 / ((u - around.s) ** 2 + v**2)
                x = u + noise**2 * np.sum(a * (u - around.s) * kernel)
                t_0, t_1 = np.sum(a * kernel**2), np.sum(a * kernel**2 * (u - around.s))
                density = a * kernel * (2.0 * noise**2 * v / np.pi) * (v**2 * t_0 + t_1**2 / t_0) * du
                error += np.sum(density * ((x - around.s - threshold) ** 2 if above else s**2))
                mass += np.sum(density) if above else 0.0
    return error, mass


class _Around:
    """The curve near one atom, in distances from it."""

    def __init__(self, s, a, noise):
        self.s, self.a, self.noise = s, a, noise

    def spread(self, u, v=0.0):
        with np.errstate(divide="ignore"):
            return np.sum(self.a / ((u - self.s) ** 2 + v**2)) * self.noise**2

    def height(self, u):
        return 0.0 if self.spread(u) <= 1.0 else _bisect(lambda v: self.spread(u, v) > 1.0, 0.0, 1.01 * self.noise)

    def place(self, u):
        return u + self.noise**2 * np.sum(self.a * (u - self.s) / ((u - self.s) ** 2 + self.height(u) ** 2))

    def end(self, other, side):
        """The edge of the spectrum on one side, or the lowest point of the curve before the next atom."""
        high = least = 1.01 * self.noise
        if np.isfinite(other):
            low, high = 0.0, abs(other)
            for _ in range(200):  # Σ a/(u − s)² is convex between two atoms
                one, two = low + (high - low) / 3.0, high - (high - low) / 3.0
                better = self.spread(side * one) < self.spread(side * two)
                low, high = (low, two) if better else (one, high)
            least = 0.5 * (low + high)
        if self.spread(side * least) < 1.0:
            least = _bisect(lambda x: self.spread(side * x) > 1.0, 0.0, least)
        return side * least


def _bisect(is_left, low, high):
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if is_left(middle) else (low, middle)
        if not low < 0.5 * (low + high) < high:
            break
    return 0.5 * (low + high)
