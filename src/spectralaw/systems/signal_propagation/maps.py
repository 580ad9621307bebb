"""Layer by layer through a network of infinite width: the maps of the variance and of the correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import at_least, finite, vector, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.signal_propagation.activations import Activation, ActivationLike, smooth
from spectralaw.systems.signal_propagation.expansion import Expansion, expansion
from spectralaw.systems.signal_propagation.fixed_point import fixed_point

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]


def variance_map(activation: ActivationLike, variance: ArrayLike, weight_std: float, bias_std: float) -> Array:
    """V(q) = σ_w² E φ(√q z)² + σ_b², for each variance q > 0 of a list (or for one).

    Raises
    ------
    InvalidInput
        For activations that are not smooth, and variances that are not positive.
    """
    phi, weight, bias = _scales(activation, weight_std, bias_std)
    q = _positive("variance", variance)
    return weight**2 * np.array([expansion(phi, float(v)).square for v in q]) + bias**2


def correlation_map(
    activation: ActivationLike, rho: ArrayLike, variance: float, weight_std: float, bias_std: float
) -> Array:
    """rho = 1 − correlation of two signals of the same variance, one layer on.

    rho' = σ_w² Σ a_k² (1 − (1−rho)^k)/V(q) with Hermite coefficients a_k of φ(√q z): a sum of positive terms, so that
    rho' has full relative accuracy however near the signals are, down to 1e-300.

    Parameters
    ----------
    rho
        Between 0 (the same signal) and 2 (opposite); 1 for unrelated ones. A list, or one number.
    variance
        q > 0 of the pre-activations of both; ``critical_point(...).variance`` or ``fixed_point(...).variance``.

    Raises
    ------
    InvalidInput
        For activations that are not smooth, and values that cannot be.
    """
    phi, weight, bias = _scales(activation, weight_std, bias_std)
    values = vector("rho", rho, or_number=True)
    if np.any((values < 0.0) | (values > 2.0)):
        raise InvalidInput(f"rho must be between 0 and 2, not {values[(values < 0.0) | (values > 2.0)][0]:g}")
    return _next(expansion(phi, float(_positive("variance", variance)[0])), values, weight, bias)


def propagate(
    activation: ActivationLike,
    weight_std: float,
    bias_std: float,
    depth: int,
    *,
    rho: float = 1.0,
    variance: float | None = None,
) -> xarray.Dataset:
    """Variance and rho = 1 − correlation of two signals, layer by layer.

    Parameters
    ----------
    depth
        Layers, 1 or more.
    rho
        That of the pre-activations that are handed in (layer 0), between 0 and 2.
    variance
        Theirs, the same for both; without it, the fixed point q*.

    Returns
    -------
    xarray.Dataset
        ``variance``, ``rho`` and ``correlation`` over ``layer`` = 0 … depth.
    """
    import xarray

    phi, weight, bias = _scales(activation, weight_std, bias_std)
    layers, start = whole("depth", depth, 1), finite("rho", rho)
    if not 0.0 <= start <= 2.0:
        raise InvalidInput(f"rho must be between 0 and 2, not {start:g}")
    rests = variance is None
    q = fixed_point(phi, weight, bias).variance if rests else float(_positive("variance", variance)[0])  # type: ignore[arg-type]
    here = expansion(phi, q)
    found = np.empty((2, layers + 1))
    found[:, 0] = q, start
    for layer in range(1, layers + 1):
        found[1, layer] = _next(here, found[1, layer - 1 : layer], weight, bias)[0]
        following = weight**2 * here.square + bias**2
        if not rests and abs(following - q) > 1e-14 * q:
            here = expansion(phi, following)
            q = following
        found[0, layer] = q
    return xarray.Dataset(
        {"variance": ("layer", found[0]), "rho": ("layer", found[1]), "correlation": ("layer", 1.0 - found[1])},
        coords={"layer": np.arange(layers + 1)},
        attrs={"activation": phi.name, "weight_std": weight, "bias_std": bias},
    )


def _next(e: Expansion, rho: Array, weight: float, bias: float) -> Array:
    return weight**2 * e.loss(rho) / (weight**2 * e.square + bias**2)


def _scales(activation: ActivationLike, weight_std: float, bias_std: float) -> tuple[Activation, float, float]:
    weight = at_least("weight_std", weight_std, 0.0)
    if weight == 0.0:
        raise InvalidInput("weight_std must be positive, not 0")
    return smooth(activation), weight, at_least("bias_std", bias_std, 0.0)


def _positive(name: str, values: ArrayLike) -> Array:
    array = vector(name, values, or_number=True)
    if np.any(array <= 0.0):
        raise InvalidInput(f"{name} must be positive, not {array[array <= 0.0][0]:g}")
    return array
