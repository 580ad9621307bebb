"""What the experiment measures: the boundary, exponents, one layer, widths, Lyapunov exponents, convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.systems.signal_propagation.convolution import simulate_conv1d
from spectralaw.systems.signal_propagation.critical import CriticalPoint, phase_boundary
from spectralaw.systems.signal_propagation.finite_width import finite_width
from spectralaw.systems.signal_propagation.fixed_point import fixed_point
from spectralaw.systems.signal_propagation.maps import correlation_map, propagate
from spectralaw.systems.signal_propagation.setting import Network
from spectralaw.systems.signal_propagation.simulation import lyapunov, simulate_mlp

if TYPE_CHECKING:
    import xarray

RATIOS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0)
"""Depth over width, whole layers at widths that are multiples of 20 and 4."""
STARTS = (1e-6, 1e-3, 0.1, 0.5, 1.0)
GROUPS = 20


def boundary(names: Sequence[str], biases: Sequence[float]) -> xarray.Dataset:
    """Critical weight_std over (activation, bias_std)."""
    import xarray

    lines = [phase_boundary(name, biases) for name in names]
    data = xarray.concat(lines, dim="activation", combine_attrs="drop", coords="minimal", compat="equals")
    return data.assign_coords(activation=list(names)).assign_attrs(part="boundary")


def approach(point: CriticalPoint, taus: Sequence[float]) -> xarray.Dataset:
    """rho* and ξ over the relative distance τ of σ_w to its critical value, and the decay of rho at τ = 0."""
    import xarray

    found = np.full((4, len(taus)), np.nan)
    for k, tau in enumerate(taus):
        above, below = (
            fixed_point(point.function, point.weight_std * (1.0 + sign * tau), point.bias_std) for sign in (1.0, -1.0)
        )
        linear = (above.correlation_slope - 1.0) / above.metric_factor
        found[:, k] = above.order_parameter, linear, above.correlation_depth, below.correlation_depth
    decay = propagate(point.function, point.weight_std, point.bias_std, 2000, variance=point.variance)
    return xarray.Dataset(
        dict(zip(("rho", "linear", "depth_above", "depth_below"), (("tau", row) for row in found), strict=True))
        | {"decay": ("layer", decay.rho.values)},
        coords={"tau": list(taus), "layer": decay.layer.values},
        attrs={"part": "approach", **_about(point)},
    )


def one_layer(point: CriticalPoint, width: int, seeds: int) -> xarray.Dataset:
    """rho after one wide layer, over its value before, by simulation and by the map."""
    import xarray

    network = Network(point.function, point.weight_std, point.bias_std, width, 1)
    measured = np.empty((2, len(STARTS)))
    for k, start in enumerate(STARTS):
        runs = simulate_mlp(network, seeds, rho=start, variance=point.variance).rho.values
        ratio = runs[:, 1] / start
        measured[:, k] = ratio.mean(), ratio.std(ddof=1) / np.sqrt(seeds)
    theory = correlation_map(point.function, STARTS, point.variance, point.weight_std, point.bias_std) / STARTS
    return xarray.Dataset(
        {"gain": ("rho", measured[0]), "error": ("rho", measured[1]), "map_gain": ("rho", theory)},
        coords={"rho": list(STARTS)},
        attrs={"part": "layer", "width": width, "seeds": seeds, **_about(point)},
    )


def widths(point: CriticalPoint, sizes: Sequence[int], seeds: Sequence[int]) -> xarray.Dataset:
    """Mean rho of groups of networks over (width, ratio), beside infinite width and the scaling function."""
    import xarray

    law = finite_width(point)
    rho, infinite = np.empty((len(sizes), GROUPS, len(RATIOS))), np.empty((len(sizes), len(RATIOS)))
    rates = np.empty((2, len(sizes)))
    for k, (width, count) in enumerate(zip(sizes, seeds, strict=True)):
        layers = np.round(np.array(RATIOS) * width).astype(int)
        network = Network(point.function, point.weight_std, point.bias_std, width, int(layers[-1]))
        runs = simulate_mlp(network, count - count % GROUPS, variance=point.variance).rho.values[:, layers]
        rho[k] = runs.reshape(GROUPS, -1, len(RATIOS)).mean(axis=1)
        path = propagate(point.function, point.weight_std, point.bias_std, int(layers[-1]), variance=point.variance)
        infinite[k] = path.rho.values[layers]
        exponent = lyapunov(network.replace(depth=4 * width), max(count // 10, 20), variance=point.variance)
        rates[:, k] = exponent.value, exponent.standard_error
    return xarray.Dataset(
        {
            "rho": (("width", "group", "ratio"), rho),
            "infinite": (("width", "ratio"), infinite),
            "scaling": ("ratio", law.scaling_function(RATIOS)),
            "lyapunov": ("width", rates[0]),
            "lyapunov_error": ("width", rates[1]),
        },
        coords={"width": list(sizes), "ratio": list(RATIOS)},
        attrs={"part": "widths", "noise": law.noise, "drift": law.drift, "seeds": tuple(seeds), **_about(point)},
    )


def channels(
    point: CriticalPoint, few: int, positions: int, depth: int, seeds: int, factors: Sequence[float]
) -> xarray.Dataset:
    """Mean rho of convolutions with few channels over (factor of σ_w, seed, layer)."""
    import xarray

    runs = [
        simulate_conv1d(
            Network(point.function, point.weight_std * factor, point.bias_std, few, depth, positions),
            seeds,
            variance=point.variance,
            local=False,
        ).rho.values
        for factor in factors
    ]
    path = propagate(point.function, point.weight_std, point.bias_std, depth, variance=point.variance)
    return xarray.Dataset(
        {"rho": (("factor", "seed", "layer"), np.array(runs)), "infinite": ("layer", path.rho.values)},
        coords={"factor": list(factors), "layer": np.arange(depth + 1)},
        attrs={"part": "channels", "channels": few, "positions": positions, "kernel": 3, **_about(point)},
    )


def many_channels(point: CriticalPoint, many: int, seeds: int, depth: int = 8, positions: int = 24) -> xarray.Dataset:
    """rho at every position after a difference at one, over (seed, layer, position), beside the map."""
    import xarray

    network = Network(point.function, point.weight_std, point.bias_std, many, depth, positions)
    runs = simulate_conv1d(network, seeds, only_at=positions // 2, variance=point.variance).rho_local.values
    local = np.zeros((depth + 1, positions))
    local[0, positions // 2] = 1.0
    for layer in range(depth):
        gained = correlation_map(point.function, local[layer], point.variance, point.weight_std, point.bias_std)
        local[layer + 1] = sum(np.roll(gained, shift) for shift in (-1, 0, 1)) / 3.0
    return xarray.Dataset(
        {"rho": (("seed", "layer", "position"), runs), "map_rho": (("layer", "position"), local)},
        coords={"layer": np.arange(depth + 1), "position": np.arange(positions)},
        attrs={"part": "many-channels", "channels": many, **_about(point)},
    )


def _about(point: CriticalPoint) -> dict:
    return {
        "activation": point.activation,
        "bias_std": point.bias_std,
        "weight_std": point.weight_std,
        "metric_factor": point.metric_factor,
    }
