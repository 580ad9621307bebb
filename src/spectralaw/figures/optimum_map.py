"""How near the best weight decay comes to the Bayes-optimal risk: the ratio in colour, computed point by point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spectralaw.figures.look import INK, SETTINGS, cell_edges, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel for each network, a cell for each computed point with its number; a line at n_eff = d."""
    import matplotlib

    maps = [data for data in datasets if "network" in data.attrs]
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        columns = max(data.sizes["samples"] for data in maps)
        wide = max(4.0, 0.48 * columns)
        shape = (len(maps), 1) if columns > 12 else (1, len(maps))  # many columns are read better below each other
        figure = new_figure(wide * shape[1] + 0.6, 3.2 * shape[0])
        grid = figure.subplots(*shape, sharex="col", sharey="row", squeeze=False)
        axes = grid.ravel()
        top = max(float(data.ratio.max()) for data in maps)
        for axis, data in zip(axes, maps, strict=True):
            x, y = data.effective_samples.values, data.noise_variance.values
            ratio = data.ratio.values
            mesh = axis.pcolormesh(cell_edges(x), cell_edges(y), ratio, vmin=1.0, vmax=top, cmap="magma_r")
            for i in range(len(y)):
                for j in range(len(x)):
                    ink = "white" if ratio[i, j] > 0.5 * (1.0 + top) else INK
                    axis.text(x[j], y[i], f"{ratio[i, j]:.2f}", color=ink, fontsize=6.5, ha="center", va="center")
            axis.axvline(data.attrs["dimension"], color="#0072B2", linewidth=1.2, linestyle=(0, (4, 3)), zorder=1.5)
            axis.set(xscale="log", yscale="log")
            axis.set_title(
                rf"{data.attrs['network']} network, $d = {data.attrs['dimension']}$, $\gamma = {data.attrs['gamma']:g}$"
            )
        for axis in grid[-1]:
            axis.set_xlabel(r"$n_{\rm eff}$  (dashed: $n_{\rm eff} = d$)")
        for axis in grid[:, 0]:
            axis.set_ylabel(r"noise variance  $\Delta$")
        label = r"$R(\lambda_{\rm opt})\,/\,R_{\rm BO}$"
        figure.colorbar(mesh, ax=axes.tolist(), label=label, pad=0.01)
        figure.draw_without_rendering()
    return figure


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    maps = [data for data in datasets if "network" in data.attrs]
    first = maps[0]
    ends = "; ".join(
        f"{data.attrs['network']}: from {float(data.ratio.min()):.2f} to {float(data.ratio.max()):.2f}" for data in maps
    )
    return (
        "Excess risk at the best weight decay over the Bayes-optimal risk, R(λ_opt)/R_BO, at d = "
        f"{first.attrs['dimension']}, γ = {first.attrs['gamma']:g}. Each cell is one computed point, "
        f"{first.sizes['samples']} values of n_eff by {first.sizes['noise_variance']} of Δ, with its number in it "
        f"({ends}); the dashed line is n_eff = d. A ratio of one means that tuned weight decay leaves nothing to gain, "
        "which is so with many samples. The growth of λ_opt and R(λ_opt) with n_eff is judged at Δ = 0.5 and "
        "dimensions up to 10^12, which the picture does not show."
    )
