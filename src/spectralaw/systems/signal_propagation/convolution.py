"""Two signals through one-dimensional circular convolutions with finitely many channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import ours, seed_list, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.signal_propagation.activations import Activation, activation
from spectralaw.systems.signal_propagation.setting import Network
from spectralaw.systems.signal_propagation.simulation import (
    dataset,
    first_signals,
    measure,
    refuse_too_many,
    start_of,
    variance_of,
)

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]
_CHUNK = 2_000_000  # weights at a time


def simulate_conv1d(
    network: Network,
    seeds: int | Iterable[int] = 10,
    *,
    rho: float = 1.0,
    variance: float | None = None,
    only_at: int | None = None,
    local: bool = True,
) -> xarray.Dataset:
    """rho = 1 − cosine over the channels of the pre-activations of two signals, at every position and layer.

    h_c(x) = Σ W_{c,c',y} φ(h_{c'}(x + y)) + b_c on a ring, with W ~ N(0, σ_w²/(channels · kernel)), the same at all
    positions. At infinitely many channels, rho of a layer is the correlation map of rho averaged over the kernel; at
    finitely many it fluctuates from position to position. The weights themselves are drawn.

    Parameters
    ----------
    network
        With ``positions``; ``width`` are its channels.
    seeds
        How many networks, or which.
    rho, variance
        As in :func:`~.simulation.simulate_mlp`, of signals that are independent from position to position.
    only_at
        A position: the two signals differ there only.
    local
        Whether rho at every position is kept: 8 bytes a position, layer and network.

    Returns
    -------
    xarray.Dataset
        ``rho`` and ``variance``, means over positions, over (seed, layer), and ``rho_local`` over (seed, layer,
        position) if it is kept.
    """
    ours("network", network, "Network").require("convolution")
    chosen, start = seed_list("seeds", seeds), start_of(rho)
    refuse_too_many(network, len(chosen))
    phi, q = activation(network.activation), variance_of(network, variance)
    n, size = network.width, int(network.positions or 0)
    where = None if only_at is None else whole("only_at", only_at)
    if where is not None and where >= size:
        raise InvalidInput(f"only_at must be a position from 0 to {size - 1}, not {where}")
    found = np.empty((2, len(chosen), network.depth + 1, size if local else 1))
    batch = max(1, _CHUNK // (n * max(n * network.kernel, 2 * size)))
    for first in range(0, len(chosen), batch):
        part = slice(first, first + batch)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            for layer, values in enumerate(_layers(network, phi, chosen[part], start, q, where)):
                found[:, part, layer] = values if local else values.mean(axis=2, keepdims=True)
    if not np.all(np.isfinite(found)):
        raise InvalidInput("weight_std must be one at which signals stay finite, but they overflow in this depth")
    data = dataset(network, chosen, found.mean(axis=3), start, {"method": "weights"})
    if not local:
        return data
    return data.assign(rho_local=(("seed", "layer", "position"), found[0])).assign_coords(position=np.arange(size))


def _layers(
    network: Network, phi: Activation, seeds: list[int], rho: float, q: float, only_at: int | None
) -> Iterator[Array]:
    """(rho and mean square, seed, position) of every layer."""
    n, kernel, size = network.width, network.kernel, int(network.positions or 0)
    scale = network.weight_std / np.sqrt(n * kernel)
    random = [np.random.default_rng(seed) for seed in seeds]
    pairs = [first_signals(rng.standard_normal((2, size, n)), rho, q) for rng in random]
    h, d = (np.stack([pair[which] for pair in pairs]).transpose(0, 2, 1) for which in (0, 1))
    if only_at is not None:
        d = d * (np.arange(size) == only_at)
    for layer in range(network.depth + 1):
        if layer:
            weights = scale * np.stack([rng.standard_normal((n, n * kernel)) for rng in random])
            biases = network.bias_std * np.stack([rng.standard_normal((n, 1)) for rng in random])
            f = phi(h)
            d = weights @ _patches(f - phi(h - d), kernel)
            h = weights @ _patches(f, kernel) + biases
        yield np.stack(measure(h.transpose(0, 2, 1), d.transpose(0, 2, 1)))


def _patches(f: Array, kernel: int) -> Array:
    """(seed, kernel × channel, position): every position with its neighbours on the ring."""
    reach = kernel // 2
    return np.concatenate([np.roll(f, shift, axis=2) for shift in range(-reach, reach + 1)], axis=1)
