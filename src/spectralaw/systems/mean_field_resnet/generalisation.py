"""The generalisation gap, measured: networks trained on noisy samples of a known function, tested on fresh ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import at_least, ours, positive_integer, seed_list
from spectralaw.display import Shown, with_error
from spectralaw.results import ByValue, Status
from spectralaw.systems.mean_field_resnet.depth import sphere
from spectralaw.systems.mean_field_resnet.network import ScaledResNet
from spectralaw.systems.mean_field_resnet.setting import Array, ResNetSetting
from spectralaw.systems.mean_field_resnet.training import positive, train

STEEPNESS = 3.0
_SCALED_TIME = 100.0


@dataclass(frozen=True, repr=False, eq=False)
class Gap(ByValue, Shown):
    """Errors on training samples and on fresh ones, one entry for each seed."""

    training: Array
    """Mean squared error."""
    test: Array
    """The same on noisy targets of fresh inputs."""
    absolute: Array
    """Mean absolute error on fresh samples less that on training samples."""
    output_divergence: Array
    """KL(τ_t‖τ₀) of the output particles, by transport."""
    output_fit: Array
    """The same between Gaussian fits, which see less of it; NaN for too few particles."""
    samples: int
    time: float
    status: Status
    """That of the worst training."""

    @property
    def value(self) -> float:
        """Mean of test less training error."""
        return float(np.mean(self.test - self.training))

    @property
    def standard_error(self) -> float:
        """Of that mean, over seeds."""
        return float(np.std(self.test - self.training, ddof=1) / np.sqrt(self.test.size))

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        error = lambda a: float(np.std(a, ddof=1) / np.sqrt(a.size))  # noqa: E731
        return f"Generalisation gap, n = {self.samples}, {self.test.size} seeds", [
            ("status", str(self.status)),
            ("gap", with_error(self.value, self.standard_error)),
            ("training error", with_error(float(self.training.mean()), error(self.training))),
            ("test error", with_error(float(self.test.mean()), error(self.test))),
            ("KL of output particles", with_error(float(self.output_divergence.mean()), error(self.output_divergence))),
        ]


def single_index(inputs: ArrayLike) -> Array:
    """The function to learn: tanh(3 x₁)."""
    return np.tanh(STEEPNESS * np.asarray(inputs, dtype=float)[:, 0])


def generalisation_gap(
    setting: ResNetSetting,
    samples: int,
    *,
    noise_std: float = 0.5,
    time: float | None = None,
    seeds: int | Iterable[int] = 10,
    test_samples: int = 2000,
) -> Gap:
    """Train on y = tanh(3 x₁) + noise, x uniform on the unit sphere, and test on as noisy fresh samples.

    Parameters
    ----------
    setting : ResNetSetting
    samples : int
        n.
    noise_std : float
        Standard deviation of the Gaussian noise of the targets.
    time : float, optional
        Mean-field time of the gradient flow; 100/β² without it, the same number of relaxation times for every β.
    seeds : int or iterable of int
        Two or more; each draws data and a network of its own.
    test_samples : int

    Raises
    ------
    InvalidInput
        For numbers that cannot be.
    """
    ours("setting", setting, "ResNetSetting")
    n, fresh = positive_integer("samples", samples), positive_integer("test_samples", test_samples)
    noise = at_least("noise_std", noise_std, 0.0)
    end = _SCALED_TIME / setting.beta**2 if time is None else positive("time", time)
    rows, worst = [], Status.CONVERGED
    for seed in seed_list("seeds", seeds, 2):
        x = sphere(n + fresh, setting.dimension, seed)
        y = single_index(x) + noise * np.random.default_rng([seed, 2]).standard_normal(n + fresh)
        path = train(ScaledResNet.initial(setting, seed), x[:n], y[:n], end, every=10**9)
        left = path.network.forward(x) - y
        moved = [np.nan if a is None else a[-1] for a in (path.output_divergence, path.output_fit)]
        rows.append((
            np.mean(left[:n] ** 2), np.mean(left[n:] ** 2), np.mean(np.abs(left[n:])) - np.mean(np.abs(left[:n])),
            *moved,
        ))  # fmt: skip
        worst = worst if path.status.is_result else path.status
    training, test, absolute, moved, fit = np.array(rows).T
    return Gap(training, test, absolute, moved, fit, n, end, worst)


def generalisation_bound(samples: int, beta: float, radius: float) -> float:
    """2β √(2 radius/n): what the expected gap of the mean absolute error cannot exceed over a fixed KL ball.

    Twice the Rademacher complexity of {β E_τ h(x, ω): KL(τ‖τ₀) ≤ radius}, |h| ≤ 1, for a loss of slope one. It holds
    where the layers are not trained (α = 0, or fixed) and the radius is chosen before the data are seen; how training
    of the layers enters is the paper's and is not checked here.

    References
    ----------
    arXiv:2403.09889, section 5, for the same question with trained layers.
    """
    n = positive_integer("samples", samples)
    return 2.0 * positive("beta", beta) * float(np.sqrt(2.0 * at_least("radius", radius, 0.0) / n))
