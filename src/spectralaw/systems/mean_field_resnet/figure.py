"""The picture of scaled residual networks: limits and motion above, complexity and generalisation below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, few_labels, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHED = (0, (4, 2))


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Eight panels, one question each."""
    import matplotlib

    parts = {data.attrs["part"]: data for data in datasets}
    with matplotlib.rc_context({**SETTINGS, "legend.fontsize": 6.8, "legend.handlelength": 1.5}):  # pyright: ignore[reportArgumentType]
        figure = new_figure(8.8, 4.35)
        axes = figure.subplots(2, 4)
        _depth(axes[0, 0], parts["depth"])
        _width(axes[0, 1], parts["width"])
        _loss(axes[0, 2], parts["training"])
        _eigenvalues(axes[0, 3], parts["training"])
        _complexity(axes[1, 0], parts["complexity"])
        _moved(axes[1, 1], parts["gap-beta"])
        _gap(axes[1, 2], parts["gap-samples"], parts["fixed-layers-samples"])
        _others(axes[1, 3], parts["gap-layers"], parts["gap-beta"])
        figure.draw_without_rendering()
    return figure


def _depth(axis: Axes, data: xarray.Dataset) -> None:
    for k, alpha in enumerate(data.alpha.values):
        axis.plot(data.layers, data.error[k], "o", color=COLOURS[k], markersize=4, label=rf"$\alpha = {alpha:g}$")
        axis.plot(data.layers, float(data.coefficient[k]) / data.layers, color=COLOURS[k], linewidth=1.0)
    axis.set(xscale="log", yscale="log", xlabel=r"layers $L$", ylabel=r"$|z_L - z(1)|$", title="finite depth")
    few_labels(axis.xaxis)
    axis.legend(title="lines: predicted $c/L$", title_fontsize=6.8)
    axis.set_ylim(top=axis.get_ylim()[1] * 6.0)  # room for the legend


def _width(axis: Axes, data: xarray.Dataset) -> None:
    axis.errorbar(data.particles, data["std"], data.standard_error, fmt="o", color=COLOURS[0], markersize=4,
                  label=f"{data.attrs['seeds']} networks a point")  # fmt: skip
    axis.plot(data.particles, data.predicted, color=INK, linewidth=1.0, label="predicted")
    axis.set(xscale="log", yscale="log", xlabel=r"particles $M$", ylabel=r"std of $z_L$", title="finite width")
    few_labels(axis.xaxis)
    few_labels(axis.yaxis)
    axis.legend(loc="lower left")


def _loss(axis: Axes, data: xarray.Dataset) -> None:
    time = data.time * data.attrs["beta"] ** 2
    axis.plot(time, data.loss, color=COLOURS[0], label="loss")
    axis.plot(time, data.expected, color=COLOURS[5], linestyle=_DASHED, label="by the rate of $G$")
    axis.plot(time, data.bound, color=COLOURS[1], label=r"bound by $\lambda_{\min}(G)$")
    axis.set(yscale="log", xlabel=r"time $\times\ \beta^2$", title="training loss")
    axis.legend(loc="lower left")
    axis.set_ylim(bottom=axis.get_ylim()[0] / 30.0)


def _eigenvalues(axis: Axes, data: xarray.Dataset) -> None:
    beta = data.attrs["beta"] ** 2
    time = data.time[1:] * beta
    scale = (data.attrs["alpha"] ** 2) * beta
    axis.plot(time, data.least[1:], color=COLOURS[0], label=r"$\lambda_{\min}(G)$")
    axis.plot(
        time, beta * data.least_output[1:], color=COLOURS[1], linestyle=_DASHED, label=r"$\beta^2\lambda_{\min}(G_2)$"
    )
    layers = scale * data.least_layers[1:].values
    axis.plot(
        time, np.where(layers > 1e-12, layers, np.nan), color=COLOURS[2], label=r"$\alpha^2\beta^2\lambda_{\min}(G_1)$"
    )
    axis.set(xscale="log", yscale="log", xlabel=r"time $\times\ \beta^2$", title="least eigenvalues")
    axis.legend()


def _complexity(axis: Axes, data: xarray.Dataset) -> None:
    axis.errorbar(data.radius, data.value, 2.0 * data.standard_error, fmt="o", color=COLOURS[0], markersize=4,
                  label="exact dual")  # fmt: skip
    axis.plot(data.radius, data.bound, color=INK, linewidth=1.0, label=r"$\sqrt{2r/n}$")
    axis.set(xscale="log", yscale="log", xlabel=r"radius $r$ of the KL ball", title="Rademacher complexity")
    axis.legend()


def _moved(axis: Axes, data: xarray.Dataset) -> None:
    beta, divergence = data.beta.values, data.divergence.values
    axis.plot(beta, divergence, "o", color=COLOURS[0], markersize=4, label="by transport")
    axis.plot(beta, data.fit, "s", color=COLOURS[1], markersize=4, label="Gaussian fits only")
    axis.plot(beta, divergence[-1] * (beta[-1] / beta) ** 2, color=INK, linewidth=1.0, label=r"$\beta^{-2}$")
    axis.set(xscale="log", yscale="log", xlabel=r"$\beta$", ylabel="KL from the start", title="how far particles move")
    few_labels(axis.xaxis)
    axis.legend(loc="lower left")
    axis.set_ylim(bottom=axis.get_ylim()[0] / 3.0)


def _gap(axis: Axes, data: xarray.Dataset, fixed: xarray.Dataset) -> None:
    n = data.samples.values
    axis.errorbar(n, data.gap, 2.0 * data.gap_error, fmt="o", color=COLOURS[0], markersize=4, label="squared error")
    axis.errorbar(n, fixed.absolute, 2.0 * fixed.absolute_error, fmt="s", color=COLOURS[2], markersize=4,
                  label=r"absolute error, $\alpha = 0$")  # fmt: skip
    axis.plot(n, fixed.bound, color=COLOURS[2], linestyle=_DASHED, label=r"its bound $2\beta\sqrt{2r/n}$")
    axis.plot(n, float(data.gap[0]) * np.sqrt(n[0] / n), color=INK, linewidth=0.8, label=r"$n^{-1/2}$")
    axis.set(xscale="log", yscale="log", xlabel=r"samples $n$", title="generalisation gap")
    few_labels(axis.xaxis)
    axis.legend(loc="upper right")
    axis.set_ylim(top=axis.get_ylim()[1] * 40.0)


def _others(axis: Axes, layers: xarray.Dataset, betas: xarray.Dataset) -> None:
    for data, name, k in ((layers, "layers", 0), (betas, "beta", 1)):
        label = r"against layers $L$" if name == "layers" else r"against $\beta$"
        axis.errorbar(
            (0.96, 1.04)[k] * data[name],
            data.gap,
            2.0 * data.gap_error,
            fmt="os"[k],
            color=COLOURS[k],
            markersize=4,
            label=label,
        )
    axis.set(xscale="log", xlabel=r"$L$, or $\beta$", title=f"generalisation gap, $n = {layers.attrs['samples']}$")
    few_labels(axis.xaxis)
    axis.set_ylim(0.0, 1.6 * axis.get_ylim()[1])
    axis.legend()


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    parts = {data.attrs["part"]: data for data in datasets}
    t, g = parts["training"].attrs, parts["gap-samples"].attrs
    return (
        "Scaled residual networks. Above: the distance of networks with smoothly varying particles from the flow that "
        "they discretise, with the predicted first-order error; spread of the states of random networks, with its "
        f"prediction; loss of a training ({t['samples']} samples, L = {t['layers']}, M = {t['particles']}, "
        f"K = {t['output_particles']}, α = {t['alpha']:g}, β = {t['beta']:g}), with the decay that the Gram matrix has "
        "along the error and the bound by its least eigenvalue; least eigenvalues of G and of its two parts (the part "
        "of the layers is zero at the symmetric start). Below: Rademacher complexity of KL balls about the start, "
        f"n = {parts['complexity'].attrs['inputs']}; KL divergence that training moves the output particles by, and "
        "what Gaussian fits see of it; "
        f"generalisation gap for tanh(3x₁) with noise of standard deviation 0.5, bars of two standard errors of "
        f"{g['seeds']} seeds (L = {g['layers']}, M = {g['particles']}, K = {g['output_particles']}, β = {g['beta']:g}) "
        "against n, and with L and β changed."
    )
