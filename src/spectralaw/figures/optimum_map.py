"""How near the best weight decay comes to the Bayes-optimal risk: the ratio in colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spectralaw.figures.look import INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel for each network; a line at n_eff = d."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.7 * len(datasets) + 0.6, 3.0)
        axes = figure.subplots(1, len(datasets), sharey=True, squeeze=False)[0]
        top = max(float(data.ratio.max()) for data in datasets)
        for axis, data in zip(axes, datasets, strict=True):
            x, y = data.effective_samples.values, data.noise_variance.values
            mesh = axis.pcolormesh(x, y, data.ratio.values, vmin=1.0, vmax=top, cmap="magma_r", shading="gouraud")
            axis.axvline(data.attrs["dimension"], color=INK, linewidth=0.7, linestyle=(0, (4, 3)), alpha=0.6)
            axis.set(xscale="log", yscale="log", xlabel=r"$n_{\rm eff}$")
            axis.set_title(f"{data.attrs['network']} network, d = {data.attrs['dimension']:,}")
        axes[0].set_ylabel(r"noise variance  $\Delta$")
        label = r"$R(\lambda_{\rm opt})\,/\,R_{\rm BO}$"
        figure.colorbar(mesh, ax=axes.tolist(), label=label, pad=0.01)
        figure.draw_without_rendering()
    return figure


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    return "Excess risk at the best weight decay over the Bayes-optimal risk, and the size of the best weight decay."
