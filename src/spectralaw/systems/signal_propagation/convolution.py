"""Two signals through one-dimensional circular convolutions with finitely many channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import ours, seed_list
from spectralaw.errors import InvalidInput
from spectralaw.systems.signal_propagation.activations import activation
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

    Returns
    -------
    xarray.Dataset
        ``rho_local`` over (seed, layer, position), its mean ``rho`` and the mean ``variance`` over (seed, layer).
    """
    ours("network", network, "Network").require("convolution")
    chosen, start = seed_list("seeds", seeds), start_of(rho)
    refuse_too_many(network, len(chosen))
    phi, q = activation(network.activation), variance_of(network, variance)
    n, size, kernel, depth = network.width, int(network.positions or 0), network.kernel, network.depth
    if only_at is not None and not (isinstance(only_at, int) and 0 <= only_at < size):
        raise InvalidInput(f"only_at must be a position from 0 to {size - 1}, not {only_at!r}")
    local = np.empty((len(chosen), depth + 1, size))
    square = np.empty((len(chosen), depth + 1))
    batch = max(1, _CHUNK // (n * n * kernel))
    scale = network.weight_std / np.sqrt(n * kernel)
    for first in range(0, len(chosen), batch):
        part = slice(first, first + batch)
        random = [np.random.default_rng(seed) for seed in chosen[part]]
        pairs = [first_signals(rng.standard_normal((2, size, n)), start, q) for rng in random]
        h, d = (np.stack([pair[which] for pair in pairs]).transpose(0, 2, 1) for which in (0, 1))
        if only_at is not None:
            d = d * (np.arange(size) == only_at)
        for layer in range(depth + 1):
            if layer:
                weights = scale * np.stack([rng.standard_normal((n, n * kernel)) for rng in random])
                biases = network.bias_std * np.stack([rng.standard_normal((n, 1)) for rng in random])
                f = phi(h)
                d = weights @ _patches(f - phi(h - d), kernel)
                h = weights @ _patches(f, kernel) + biases
            rhos, squares = measure(h.transpose(0, 2, 1), d.transpose(0, 2, 1))
            local[part, layer], square[part, layer] = rhos, squares.mean(axis=1)
    if not np.all(np.isfinite(local)):
        raise InvalidInput("weight_std must be one at which signals stay finite, but they overflow in this depth")
    data = dataset(network, chosen, np.stack([local.mean(axis=2), square]), start, {"method": "weights"})
    return data.assign(rho_local=(("seed", "layer", "position"), local)).assign_coords(position=np.arange(size))


def _patches(f: Array, kernel: int) -> Array:
    """(seed, kernel × channel, position): every position with its neighbours on the ring."""
    reach = kernel // 2
    return np.concatenate([np.roll(f, shift, axis=2) for shift in range(-reach, reach + 1)], axis=1)
