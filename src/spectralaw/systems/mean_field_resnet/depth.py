"""The limit of many layers: networks with smoothly varying particles against the flow that they discretise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import entries, ours, positive_integer, whole
from spectralaw.display import Shown
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.mean_field_resnet.network import propagate
from spectralaw.systems.mean_field_resnet.setting import Array, ResNetSetting, real_array
from spectralaw.systems.slopes import Slope, log_slope

_EXACT, _ROUGH = 1e-12, 1e-9  # relative tolerances of the reference and of its check
_ALLOWED = 1e-3  # of the smallest error: how well the reference must be known


@dataclass(frozen=True, repr=False, eq=False)
class DepthError(ByValue, Shown):
    """Distance of z_L from the flow's z(1), root mean square over inputs, for each number of layers."""

    layers: Array
    error: Array
    coefficient: float
    """lim L·error, from the linear equation of the first-order error; nothing is fitted."""
    exponent: Slope
    """Of error ~ L^−exponent, with its interval."""
    residual: float
    """Certificate: how far the reference moves when its tolerance is loosened a thousandfold."""
    status: Status

    @property
    def scaled(self) -> Array:
        """L·error."""
        return self.layers * self.error

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return "Error of finite depth", [
            ("status", f"{self.status} (reference to {self.residual:.1e})"),
            ("layers", ", ".join(f"{n:g}" for n in self.layers)),
            ("L · error", ", ".join(f"{value:.4f}" for value in self.scaled)),
            ("its limit, predicted", f"{self.coefficient:.4f}"),
            ("order", str(self.exponent)),
        ]


@dataclass(frozen=True, eq=False)
class SmoothParticles(ByValue):
    """M particles that vary over the depth s ∈ [0, 1]: θ_m(s) = A_m cos πs + B_m sin πs, A and B Gaussian.

    At every s they are independent Gaussians of the standard deviation ``initial_std``.
    """

    setting: ResNetSetting
    cosines: Array
    """A, shape (particles, 2 dimension + 1)."""
    sines: Array

    @classmethod
    def draw(cls, setting: ResNetSetting, seed: int = 0) -> SmoothParticles:
        """Seeded amplitudes; the setting's ``layers`` does not matter."""
        ours("setting", setting, "ResNetSetting")
        rng = np.random.default_rng(whole("seed", seed))
        shape = (2, setting.particles, 2 * setting.dimension + 1)
        return cls(setting, *(setting.initial_std * rng.standard_normal(shape)))

    def at(self, s: float) -> tuple[Array, Array, Array]:
        """u, w and b at depth s."""
        return self._split(np.cos(np.pi * s) * self.cosines + np.sin(np.pi * s) * self.sines)

    def slope(self, s: float) -> tuple[Array, Array, Array]:
        """Their derivatives with respect to s."""
        return self._split(np.pi * (np.cos(np.pi * s) * self.sines - np.sin(np.pi * s) * self.cosines))

    def final(self, inputs: Array, layers: int) -> Array:
        """z_L of a network of L layers with the particles θ(l/L), l = 0 … L − 1."""
        parts = [self.at(layer / layers) for layer in range(layers)]
        outer, inner, bias = (np.array(part) for part in zip(*parts, strict=True))
        return propagate(inputs, outer, inner, bias, self.setting.alpha)[0][-1]

    def limit(self, inputs: Array, tolerance: float = _EXACT) -> tuple[Array, Array]:
        """z(1) of the flow, and e with z_L = z(1) + e/L + O(1/L²).

        e solves e' = J e − ½ z'', e(0) = 0, along dz/ds = F(s, z), with J = ∂F/∂z and z'' = ∂F/∂s + J F.
        """
        from scipy.integrate import solve_ivp

        scale = self.setting.alpha / self.setting.particles

        def right(s: float, values: Array) -> Array:
            z, e = values.reshape(2, *inputs.shape)
            (u, w, b), (du, dw, db) = self.at(s), self.slope(s)
            t = np.tanh(z @ w.T + b)
            bend = 1.0 - t * t
            along = scale * (t @ u)
            jacobian = lambda v: scale * ((bend * (v @ w.T)) @ u)  # noqa: E731
            second = scale * (t @ du + (bend * (z @ dw.T + db)) @ u) + jacobian(along)
            return np.concatenate([along.ravel(), (jacobian(e) - 0.5 * second).ravel()])

        begin = np.concatenate([inputs.ravel(), np.zeros(inputs.size)])
        solved = solve_ivp(right, (0.0, 1.0), begin, method="DOP853", rtol=tolerance, atol=tolerance)
        z, e = solved.y[:, -1].reshape(2, *inputs.shape)
        return (z, e) if solved.success else (np.full_like(z, np.nan), np.full_like(e, np.nan))

    @staticmethod
    def _split(theta: Array) -> tuple[Array, Array, Array]:
        d = theta.shape[1] // 2
        return theta[:, :d], theta[:, d : 2 * d], theta[:, -1]


def depth_error(
    setting: ResNetSetting,
    depths: Sequence[int] = (10, 20, 40, 80, 160),
    *,
    inputs: ArrayLike | None = None,
    seed: int = 0,
) -> DepthError:
    """How far networks of finite depth are from the flow dz/ds = (α/M) Σ_m u_m(s) tanh(w_m(s)·z + b_m(s)).

    Parameters
    ----------
    setting : ResNetSetting
        Its dimension, particles, α and initial_std; α > 0.
    depths : sequence of int
        At least three numbers of layers, increasing.
    inputs : array_like, shape (inputs, dimension), optional
        Without them 20 points on the unit sphere.
    seed : int
        Of the particles, and of those points.

    Returns
    -------
    DepthError
        ``converged`` if the reference is known to 1e-3 of the smallest error.

    Raises
    ------
    InvalidInput
        For α = 0, where there is no error, and depths that cannot give an exponent.

    References
    ----------
    arXiv:2403.09889, section 3: the limit of many layers. The first-order coefficient is the classical one of Euler's
    method.
    """
    particles = SmoothParticles.draw(setting, seed)
    if setting.alpha == 0.0:
        raise InvalidInput("alpha must be positive for an error of depth, not 0")
    chosen = [positive_integer("each of depths", depth) for depth in entries("depths", depths)]
    if len(chosen) < 3 or sorted(set(chosen)) != chosen:
        raise InvalidInput(f"depths must be three or more, increasing, not {chosen}")
    x = sphere(20, setting.dimension, seed) if inputs is None else inputs
    x = real_array("inputs", x, (None, setting.dimension), "(inputs, dimension)")
    z, first = particles.limit(x)
    rough, _ = particles.limit(x, _ROUGH)
    size = lambda a: float(np.sqrt(np.mean(np.sum(a * a, axis=1))))  # noqa: E731
    error = np.array([size(particles.final(x, depth) - z) for depth in chosen])
    residual = size(rough - z)
    order = log_slope(1.0 / np.array(chosen), error)
    known = residual <= _ALLOWED * error.min()
    status = Status.CONVERGED if known else Status.NOT_CONVERGED
    return DepthError(np.array(chosen, dtype=float), error, size(first), order, residual, status)


def sphere(count: int, dimension: int, seed: int) -> Array:
    """Seeded points, uniform on the unit sphere."""
    points = np.random.default_rng([seed, 1]).standard_normal((count, dimension))
    return points / np.linalg.norm(points, axis=1, keepdims=True)
