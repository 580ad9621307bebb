"""Noiseless learning curves and their power laws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure, tex

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def largest(datasets: Sequence[xarray.Dataset]) -> list[xarray.Dataset]:
    """Of each network, the dataset of the largest dimension."""
    networks = dict.fromkeys(data.attrs["network"] for data in datasets)
    own = [[data for data in datasets if data.attrs["network"] == network] for network in networks]
    return [max(some, key=lambda data: data.attrs["dimension"]) for some in own]


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel for each network; dashed: the predicted law through the middle of the window, which is grey."""
    import matplotlib

    shown = largest(datasets)
    dashes = (0, (4, 3))
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.7 * len(shown), 3.5)
        axes = figure.subplots(1, len(shown), squeeze=False)[0]
        for axis, data in zip(axes, shown, strict=True):
            x, d = data.effective_samples.values, data.attrs["dimension"]
            diagonal = data.attrs["network"] == "diagonal"
            window = np.asarray(data.attrs["window"])
            axis.axvspan(*window, color=INK, alpha=0.07, linewidth=0, label="window of the verdict")
            middle = int(np.argmin(np.abs(np.log(x) - np.log(window).mean())))
            for j, gamma in enumerate(data.gamma.values):
                risk = data.excess_risk.sel(gamma=gamma).values
                axis.plot(x, risk, color=COLOURS[j], label=rf"$\gamma = {gamma:g}$")
                law = (x / np.log(d / x) if diagonal else x) ** (1.0 - 2.0 * gamma)
                axis.plot(x, law * risk[middle] / law[middle], color=INK, linewidth=0.8, linestyle=dashes)
            law_name = r"$(n/\log(d/n))^{1-2\gamma}$" if diagonal else r"$n_{\rm eff}^{1-2\gamma}$"
            axis.plot([], [], color=INK, linewidth=0.8, linestyle=dashes, label=law_name)
            axis.set(xscale="log", yscale="log", xlabel=r"$n_{\rm eff}$")
            low, high = axis.get_ylim()
            axis.set_ylim(low, high * (high / low) ** 0.08)  # room for the two remarks
            size = f"d = {tex(d)}"
            axis.set_title(rf"{data.attrs['network']} network, ${size}$, $\Delta = 0$, $\lambda = d^{{-3/2}}$")
            small = {"fontsize": 7, "color": INK, "va": "top"}
            axis.text(0.02, 0.99, "few features are learned", transform=axis.transAxes, ha="left", **small)
            axis.text(0.99, 0.99, "near interpolation", transform=axis.transAxes, ha="right", **small)
            axis.legend(loc="lower left")
        axes[0].set_ylabel(r"excess risk  $R$")
        figure.draw_without_rendering()
    return figure


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    shown = largest(datasets)
    dimensions = sorted({data.attrs["dimension"] for data in datasets})
    at = ", ".join(
        f"{data.attrs['network']} d = {data.attrs['dimension']:g}, λ = {data.attrs['weight_decay']:g}" for data in shown
    )
    return (
        "Predicted excess risk without noise (Δ = 0) against effective samples at a weight decay far below every "
        f"boundary ({at}), for teachers of exponent γ = {', '.join(f'{gamma:g}' for gamma in shown[0].gamma.values)} "
        "(colours), and the laws of the paper through the middle of the window (dashed). The law is judged in the "
        f"grey window, n_eff from d^0.4 to d^0.7, at d = {', '.join(f'{d:g}' for d in dimensions)}. On the left the "
        "curves bend because few features are learned and the sum over them is not yet a power law; on the right "
        "because interpolation is near (n = d, or n = d²/4), beyond which λ alone limits the risk."
    )
