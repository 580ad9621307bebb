"""Fluctuations of finite width: states of random networks about the limit of many particles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import entries, ours, positive_integer, seed_list
from spectralaw.display import Shown, with_error
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.systems.gaussian import rule
from spectralaw.systems.mean_field_resnet.depth import sphere
from spectralaw.systems.mean_field_resnet.network import ScaledResNet
from spectralaw.systems.mean_field_resnet.setting import Array, ResNetSetting, real_array
from spectralaw.systems.slopes import Slope, log_slope

_POINTS = 80  # of the Gauss–Hermite rule


@dataclass(frozen=True, repr=False, eq=False)
class WidthFluctuation(ByValue, Shown):
    """Standard deviation of a coordinate of z_L over networks, for each number of particles a layer."""

    particles: Array
    std: Array
    standard_error: Array
    predicted: Array
    """``width_std`` there."""
    exponent: Slope
    """Of std ~ M^−exponent, with its interval."""
    seeds: int

    @property
    def z_scores(self) -> Array:
        """Measured less predicted, over the standard error."""
        return (self.std - self.predicted) / self.standard_error

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        rows = zip(self.particles, self.std, self.standard_error, self.predicted, strict=True)
        return f"Fluctuations of finite width, {self.seeds} networks", [
            *((f"M = {m:g}", f"{with_error(s, e)}, predicted {p:.5g}") for m, s, e, p in rows),
            ("order", str(self.exponent)),
        ]


def width_std(setting: ResNetSetting, inputs: ArrayLike) -> float:
    """Standard deviation of a coordinate of z_L at the Gaussian start, to first order in 1/(L M).

    In the limit z_L = z_0, for u has mean zero; about it every particle adds its own noise: σ α √(E tanh²(σ ξ)/(L M)),
    ξ ~ N(0, |x|² + 1), mean over inputs inside the root.

    Parameters
    ----------
    setting : ResNetSetting
    inputs : array_like, shape (inputs, dimension)
    """
    ours("setting", setting, "ResNetSetting")
    x = real_array("inputs", inputs, (None, setting.dimension), "(inputs, dimension)")
    nodes, weights = rule(_POINTS)
    spread = setting.initial_std * np.sqrt(np.sum(x * x, axis=1) + 1.0)
    square = float(np.mean(np.tanh(np.outer(spread, nodes)) ** 2 @ weights))
    return setting.alpha * setting.initial_std * float(np.sqrt(square / (setting.layers * setting.particles)))


def width_fluctuation(
    setting: ResNetSetting,
    particles: Sequence[int] = (16, 32, 64, 128, 256),
    *,
    inputs: ArrayLike | None = None,
    seeds: int | Iterable[int] = 100,
) -> WidthFluctuation:
    """Spread of z_L over random networks, against M.

    Parameters
    ----------
    setting : ResNetSetting
        Its own ``particles`` is replaced; α > 0.
    particles : sequence of int
        Three or more numbers M, increasing.
    inputs : array_like, shape (inputs, dimension), optional
        Without them 20 points on the unit sphere.
    seeds : int or iterable of int
        Networks for each M, ten or more.

    Raises
    ------
    InvalidInput
        For α = 0, where nothing fluctuates, and numbers that cannot give an exponent.

    References
    ----------
    arXiv:2403.09889, section 3: the limit of many particles; the size of the fluctuations is derived here.
    """
    ours("setting", setting, "ResNetSetting")
    if setting.alpha == 0.0:
        raise InvalidInput("alpha must be positive for fluctuations of the states, not 0")
    widths = [positive_integer("each of particles", width) for width in entries("particles", particles)]
    if len(widths) < 3 or sorted(set(widths)) != widths:
        raise InvalidInput(f"particles must be three or more, increasing, not {widths}")
    chosen = seed_list("seeds", seeds, 10)
    x = sphere(20, setting.dimension, 0) if inputs is None else inputs
    x = real_array("inputs", x, (None, setting.dimension), "(inputs, dimension)")
    std, error, predicted = (np.empty(len(widths)) for _ in range(3))
    for k, width in enumerate(widths):
        wide = setting.replace(particles=width)
        # the mean over networks is z_0 exactly: each layer adds noise of mean zero
        square = np.array([np.mean((ScaledResNet.initial(wide, seed).states(x)[-1] - x) ** 2) for seed in chosen])
        std[k] = np.sqrt(square.mean())
        error[k] = 0.5 * np.std(square, ddof=1) / np.sqrt(len(chosen)) / std[k]
        predicted[k] = width_std(wide, x)
    order = log_slope(1.0 / np.array(widths), std, error / std)
    return WidthFluctuation(np.array(widths, dtype=float), std, error, predicted, order, len(chosen))
