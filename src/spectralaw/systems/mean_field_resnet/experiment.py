"""Scaled residual networks: their limits, what drives their training, how far particles move, and the gap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.mean_field_resnet.depth import depth_error, sphere
from spectralaw.systems.mean_field_resnet.figure import caption, draw
from spectralaw.systems.mean_field_resnet.generalisation import generalisation_bound, generalisation_gap, single_index
from spectralaw.systems.mean_field_resnet.gram import gram
from spectralaw.systems.mean_field_resnet.network import ScaledResNet
from spectralaw.systems.mean_field_resnet.rademacher import kl_ball_rademacher
from spectralaw.systems.mean_field_resnet.setting import ResNetSetting
from spectralaw.systems.mean_field_resnet.training import train
from spectralaw.systems.mean_field_resnet.verdict import CLAIMS, judge
from spectralaw.systems.mean_field_resnet.width import width_fluctuation

if TYPE_CHECKING:
    import xarray

DIMENSION = 5


def compute_depth(alphas: Sequence[float], depths: Sequence[int]) -> xarray.Dataset:
    """Error of finite depth over (alpha, layers), and its predicted coefficient."""
    import xarray

    found = [depth_error(ResNetSetting(DIMENSION, alpha=alpha), depths) for alpha in alphas]
    error = [one.error if one.status.is_result else np.full(len(depths), np.nan) for one in found]
    return xarray.Dataset(
        {
            "error": (("alpha", "layers"), np.array(error)),
            "coefficient": ("alpha", [one.coefficient for one in found]),
            "residual": ("alpha", [one.residual for one in found]),
        },
        coords={"alpha": list(alphas), "layers": np.array(depths, dtype=float)},
        attrs={"part": "depth", "particles": 32, "dimension": DIMENSION},
    )


def compute_width(particles: Sequence[int], seeds: int) -> xarray.Dataset:
    """Standard deviation of z_L over random networks against the particles of a layer."""
    import xarray

    setting = ResNetSetting(DIMENSION, alpha=2.0)
    found = width_fluctuation(setting, particles, seeds=seeds)
    fields = ("std", "standard_error", "predicted")
    return xarray.Dataset(
        {name: ("particles", getattr(found, name)) for name in fields},
        coords={"particles": found.particles},
        attrs={"part": "width", "layers": setting.layers, "alpha": setting.alpha, "seeds": seeds},
    )


def compute_training(samples: int, scaled_time: float, beta: float = 4.0) -> tuple[xarray.Dataset, xarray.Dataset]:
    """A training with its Gram eigenvalues; and how outputs move in small steps, at three networks."""
    import xarray

    setting = ResNetSetting(DIMENSION, layers=10, particles=32, output_particles=512, beta=beta)
    x = sphere(samples, DIMENSION, 0)
    y = single_index(x)
    path = train(ScaledResNet.initial(setting, 0), x, y, scaled_time / beta**2)
    data = path.to_xarray()
    data.attrs["part"] = "training"
    steps = 0.1 * 0.5 ** np.arange(5) / beta**2
    networks = {
        "symmetric start": path.start,
        "random start": ScaledResNet.initial(setting.replace(symmetric=False), 0),
        "a tenth of the loss": train(path.start, x, y, float(path.time[-1]), goal=0.1).network,
    }
    off = np.full((len(networks), len(steps)), np.nan)
    for k, network in enumerate(networks.values()):
        velocity, here = network.velocity(x, y)
        driven = -gram(network, x).total @ (here.outputs - y) / samples
        for j, step in enumerate(steps):
            moved = (network.from_vector(network.vector() + step * velocity).forward(x) - here.outputs) / step
            off[k, j] = np.linalg.norm(moved - driven) / np.linalg.norm(driven)
    velocity_data = xarray.Dataset(
        {"difference": (("when", "step"), off)},
        coords={"when": list(networks), "step": steps},
        attrs={"part": "velocity", "samples": samples, "beta": beta},
    )
    return data, velocity_data


def compute_complexity(inputs: int, radii: Sequence[float], signs: int) -> xarray.Dataset:
    """Rademacher complexity of the KL ball about the start, against its radius, and the bound."""
    import xarray

    setting = ResNetSetting(DIMENSION, output_particles=2000)
    features = ScaledResNet.initial(setting, 0).features(sphere(inputs, DIMENSION, 0))
    found = [kl_ball_rademacher(features, radius, signs=signs) for radius in radii]
    return xarray.Dataset(
        {
            name: ("radius", [getattr(one, name) for one in found])
            for name in ("value", "standard_error", "bound", "gap")
        },
        coords={"radius": list(radii)},
        attrs={"part": "complexity", "inputs": inputs, "particles": 2000, "signs": signs},
    )


def compute_gap(
    axis: str, values: Sequence[float], setting: ResNetSetting, samples: int, seeds: int, advance: Callable[[], None]
) -> xarray.Dataset:
    """Gap, errors and KL over ``axis``: samples, or beta or layers of the setting, at the same time × β²."""
    import xarray

    names = ("gap", "gap_error", "training", "test", "absolute", "absolute_error", "divergence", "fit", "bound")
    rows = np.full((len(names), len(values)), np.nan)
    for k, value in enumerate(values):
        n = int(value) if axis == "samples" else samples
        one = setting if axis == "samples" else setting.replace(**{axis: value})
        found = generalisation_gap(one, n, seeds=seeds)
        advance()
        if not found.status.is_result:
            continue
        divergence = float(found.output_divergence.mean())
        absolute = found.absolute
        rows[:, k] = (
            found.value, found.standard_error, found.training.mean(), found.test.mean(), absolute.mean(),
            np.std(absolute, ddof=1) / np.sqrt(seeds), divergence, found.output_fit.mean(),
            generalisation_bound(n, one.beta, divergence),
        )  # fmt: skip
    about: dict[str, Any] = {**setting.to_dict(), "samples": samples}
    about.pop(axis)
    about["symmetric"] = int(about["symmetric"])
    return xarray.Dataset(
        {name: (axis, row) for name, row in zip(names, rows, strict=True)},
        coords={axis: np.array(values, dtype=float)},
        attrs={**about, "part": f"gap-{axis}" if setting.alpha > 0.0 else f"fixed-layers-{axis}", "seeds": seeds},
    )


def compute(
    run: Run, samples: int, scaled_time: float, networks: int, signs: int, seeds: int, most_samples: int
) -> list[xarray.Dataset]:
    """All parts."""
    counts = [2**k for k in range(4, 20) if 2**k <= most_samples]
    betas, layers = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0), (2, 4, 8, 16, 32)
    total = 4 + 2 * len(counts) + len(betas) + len(layers)
    done = iter(range(1, total + 1))
    advance = lambda: run.advance(next(done), total)  # noqa: E731
    found = [compute_depth((1.0, 4.0), (10, 20, 40, 80, 160))]
    advance()
    found.append(compute_width((16, 32, 64, 128, 256), networks))
    advance()
    found += compute_training(samples, scaled_time)
    advance()
    found.append(compute_complexity(50, (0.001, 0.01, 0.1, 0.5, 2.0), signs))
    advance()
    setting = ResNetSetting(DIMENSION, layers=8, particles=16, output_particles=128, beta=4.0)
    found.append(compute_gap("samples", counts, setting, counts[-1], seeds, advance))
    found.append(compute_gap("beta", betas, setting, 64, seeds, advance))
    found.append(compute_gap("layers", layers, setting, 64, seeds, advance))
    fixed = setting.replace(alpha=0.0, layers=1, particles=1)
    found.append(compute_gap("samples", counts, fixed, counts[-1], seeds, advance))
    return found


EXPERIMENT = Experiment(
    name="mean-field-resnet",
    title="Scaled residual networks: limits, training and generalisation (arXiv:2403.09889)",
    claims=CLAIMS,
    sizes={
        "quick": {
            "samples": 20, "scaled_time": 1000.0, "networks": 200, "signs": 2000, "seeds": 12, "most_samples": 256,
        },
        "paper": {
            "samples": 40, "scaled_time": 4000.0, "networks": 1000, "signs": 20_000, "seeds": 60, "most_samples": 1024,
        },
    },
    compute=compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("chen2024generalization",),
)  # fmt: skip
