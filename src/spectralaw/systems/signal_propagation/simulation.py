"""Two signals through fully connected networks of finite width, and the Lyapunov exponent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import choice, finite, ours, seed_list, whole
from spectralaw.display import Shown, number, with_error
from spectralaw.errors import InvalidInput
from spectralaw.systems.signal_propagation.activations import Activation, activation
from spectralaw.systems.signal_propagation.fixed_point import fixed_point
from spectralaw.systems.signal_propagation.setting import MOST_ENTRIES, Network

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]
_CHUNK = 4_000_000  # random numbers at a time
_LAYERS = 32  # that they are drawn for at a time
_NUDGE = 1e-5  # of an input, for the slope of an activation along a direction


def simulate_mlp(
    network: Network,
    seeds: int | Iterable[int] = 100,
    *,
    rho: float = 1.0,
    variance: float | None = None,
    method: str = "law",
) -> xarray.Dataset:
    """rho = 1 − cosine of the pre-activations of two signals, layer by layer.

    The difference of the two signals is carried along instead of the second signal, so that rho keeps its relative
    accuracy down to about 1e-28.

    Parameters
    ----------
    network
        Fully connected. Networks of other scales, activations or depths get the same random numbers from the same seed.
    seeds
        How many networks, or which seeds; each has random numbers of its own.
    rho, variance
        Of the pre-activations in layer 0, which are Gaussian and independent from neuron to neuron; ``rho`` = 1 are
        independent signals. The variance is q* of the infinite network unless it is given.
    method
        "law" draws the pre-activations of a layer from their law given the layer before: independent neurons, each
        with the two signals jointly Gaussian, exactly as weights and biases would make them, at a cost of order width.
        "weights" draws the weights themselves; the tests hold the two against each other.

    Returns
    -------
    xarray.Dataset
        ``rho`` and ``variance`` (mean square pre-activation of the first signal) over (seed, layer = 0 … depth).

    Raises
    ------
    InvalidInput
        For values that cannot be, a convolution, or more than 1e10 pre-activations in all.
    """
    ours("network", network, "Network").require("mlp")
    chosen, start = seed_list("seeds", seeds), start_of(rho)
    choice("method", method, ("law", "weights"), joined=" or ")
    refuse_too_many(network, len(chosen))
    phi, q = activation(network.activation), variance_of(network, variance)
    found = np.empty((2, len(chosen), network.depth + 1))
    run = _by_law if method == "law" else _by_weights
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
        for part in _batches(chosen, network):
            found[:, part] = run(network, phi, chosen[part], start, q)
    if not np.all(np.isfinite(found)):
        raise InvalidInput("weight_std must be one at which signals stay finite, but they overflow in this depth")
    return dataset(network, chosen, found, start, {"method": method})


def dataset(network: Network, seeds: list[int], found: Array, rho: float, attributes: dict) -> xarray.Dataset:
    """rho and variance over (seed, layer), with what was asked."""
    import xarray

    about = {k: v for k, v in network.to_dict().items() if v is not None}
    about["activation"] = activation(network.activation).name
    return xarray.Dataset(
        {"rho": (("seed", "layer"), found[0]), "variance": (("seed", "layer"), found[1])},
        coords={"seed": seeds, "layer": np.arange(network.depth + 1)},
        attrs={**about, **attributes, "start": rho},
    )


def start_of(rho: float) -> float:
    """rho of the signals that are handed in."""
    value = finite("rho", rho)
    if not 0.0 <= value <= 2.0:
        raise InvalidInput(f"rho must be between 0 and 2, not {value:g}")
    return value


def variance_of(network: Network, variance: float | None) -> float:
    """The variance to begin with: as given, or the fixed point."""
    if variance is None:
        phi = activation(network.activation)
        if phi.break_:
            raise InvalidInput(
                f"variance must be given for {phi.name}, whose {phi.break_} jumps: no fixed point is known"
            )
        return fixed_point(network.activation, network.weight_std, network.bias_std).variance
    value = finite("variance", variance)
    if value <= 0.0:
        raise InvalidInput(f"variance must be positive, not {value:g}")
    return value


def refuse_too_many(network: Network, seeds: int) -> None:
    """More than a run can hold, or would end in a day."""
    entries = seeds * network.depth * network.width * (network.positions or 1)
    if entries > MOST_ENTRIES:
        raise InvalidInput(f"seeds × depth × width × positions must be at most {MOST_ENTRIES:.0e}, not {entries:.1e}")


def first_signals(z: Array, rho: float, q: float) -> tuple[Array, Array]:
    """A signal and its difference to the other one, from two standard Gaussian arrays."""
    share = np.sqrt(rho * (2.0 - rho))
    return np.sqrt(q) * z[0], np.sqrt(q) * (rho * z[0] - share * z[1])


def measure(h: Array, d: Array) -> tuple[Array, Array]:
    """rho of h and h − d over the last axis, and the mean square of h; without cancellation where d is small."""
    square, overlap, far = (np.einsum("...i,...i->...", a, b) for a, b in ((h, h), (h, d), (d, d)))
    one, other = np.sqrt(square), np.sqrt(np.maximum(square - 2.0 * overlap + far, 0.0))
    gap = (2.0 * overlap - far) / (one + other)
    return np.maximum(far - gap * gap, 0.0) / (2.0 * one * other), square / h.shape[-1]


def _by_law(network: Network, phi: Activation, seeds: list[int], rho: float, q: float) -> Array:
    """The joint Gaussian law of (h, d) given the layer before, neuron by neuron."""
    weight, bias = network.weight_std**2 / network.width, network.bias_std**2
    draws = _draws(seeds, network)
    h, d = first_signals(next(draws), rho, q)
    found = np.empty((2, len(seeds), network.depth + 1))
    found[:, :, 0] = measure(h, d)
    for layer in range(1, network.depth + 1):
        f = phi(h)
        g = f - phi(h - d)
        h, d = _next(weight, bias, f, g, next(draws))
        found[:, :, layer] = measure(h, d)
    return found


def _draws(seeds: list[int], network: Network) -> Iterator[Array]:
    """Standard Gaussian numbers (2, seed, neuron) for each layer, from the generator of each seed in turn."""
    random = [np.random.default_rng(seed) for seed in seeds]
    while True:
        block = np.stack([rng.standard_normal((_LAYERS, 2, network.width)) for rng in random], axis=2)
        yield from block


def _batches(seeds: list[int], network: Network) -> Iterator[slice]:
    """As many seeds at a time as fit in memory."""
    size = max(1, _CHUNK // (_LAYERS * 2 * network.width))
    return (slice(first, first + size) for first in range(0, len(seeds), size))


def _by_weights(network: Network, phi: Activation, seeds: list[int], rho: float, q: float) -> Array:
    n = network.width
    found = np.empty((2, len(seeds), network.depth + 1))
    for k, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        h, d = first_signals(rng.standard_normal((2, n)), rho, q)
        found[:, k, 0] = measure(h, d)
        for layer in range(1, network.depth + 1):
            weights = network.weight_std / np.sqrt(n) * rng.standard_normal((n, n))
            f = phi(h)
            d = weights @ (f - phi(h - d))
            h = weights @ f + network.bias_std * rng.standard_normal(n)
            found[:, k, layer] = measure(h, d)
    return found


@dataclass(frozen=True, repr=False)
class Lyapunov(Shown):
    """Growth of an infinitely small difference of two signals: mean of ln |d'|/|d| a layer."""

    value: float
    standard_error: float
    """Over networks."""
    networks: int
    depth: int
    per_network: tuple[float, ...]

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return "Lyapunov exponent", [
            ("a layer", with_error(self.value, self.standard_error)),
            ("networks", number(self.networks)),
            ("layers", number(self.depth)),
        ]


def lyapunov(
    network: Network, seeds: int | Iterable[int] = 20, *, skip: int | None = None, variance: float | None = None
) -> Lyapunov:
    """The Lyapunov exponent of fully connected networks: positive where near signals part.

    At infinite width it is ½ ln χ₁. The difference is infinitely small: it goes through the slope of the activation,
    taken along it by central differences, and is brought back to unit length in every layer.

    Parameters
    ----------
    seeds
        How many networks, two or more, or which.
    skip
        First layers that do not count, until signals have forgotten how they began; a tenth of the depth unless given.
    variance
        As in :func:`simulate_mlp`.
    """
    ours("network", network, "Network").require("mlp")
    chosen = seed_list("seeds", seeds, 2)
    refuse_too_many(network, len(chosen))
    begin = network.depth // 10 if skip is None else whole("skip", skip)
    if begin >= network.depth:
        raise InvalidInput(f"skip must be less than the depth, {network.depth}, not {begin}")
    phi, q = activation(network.activation), variance_of(network, variance)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.concatenate([_growth(network, phi, chosen[part], q, begin) for part in _batches(chosen, network)])
    values = sums / (network.depth - begin)
    if not np.all(np.isfinite(values)):
        raise InvalidInput("weight_std must be one at which signals stay finite, but they overflow in this depth")
    error = float(np.std(values, ddof=1) / np.sqrt(len(chosen)))
    return Lyapunov(float(np.mean(values)), error, len(chosen), network.depth, tuple(values.tolist()))


def _growth(network: Network, phi: Activation, seeds: list[int], q: float, begin: int) -> Array:
    """Sum of ln |d'|/|d| over the layers after ``begin``."""
    weight, bias = network.weight_std**2 / network.width, network.bias_std**2
    draws = _draws(seeds, network)
    h, d = next(draws)
    h = np.sqrt(q) * h
    sums = np.zeros(len(h))
    for layer in range(1, network.depth + 1):
        d = d / np.sqrt(np.mean(d * d, axis=1))[:, None]
        f = phi(h)
        g = (phi(h + _NUDGE * d) - phi(h - _NUDGE * d)) / (2.0 * _NUDGE)
        h, d = _next(weight, bias, f, g, next(draws))
        if layer > begin:
            sums += 0.5 * np.log(np.mean(d * d, axis=1))
    return sums


def _next(weight: float, bias: float, f: Array, g: Array, z: Array) -> tuple[Array, Array]:
    """h = W f + b and d = W g from their joint Gaussian law, for every seed: neurons are independent."""
    var, both, far = (weight * np.einsum("ki,ki->k", a, b) for a, b in ((f, f), (f, g), (g, g)))
    var = var + bias
    along = both / np.sqrt(var)
    across = np.sqrt(np.maximum(far - along**2, 0.0))
    return np.sqrt(var)[:, None] * z[0], along[:, None] * z[0] + across[:, None] * z[1]
