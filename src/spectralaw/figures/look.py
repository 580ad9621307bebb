"""The shared look of figures, and how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spectralaw.errors import InvalidInput
from spectralaw.files import file_path

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # told apart by colour-blind readers
INK = "#222222"
SETTINGS = {
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.5,
    "axes.linewidth": 0.7,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "lines.linewidth": 1.4,
    "mathtext.fontset": "cm",
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
    "svg.hashsalt": "spectralaw",
}
KINDS: dict[str, dict[str, str | None]] = {
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None},
    ".svg": {"Date": None},
}
"""Kinds of pictures by suffix, each with what is left out of the file so that the same picture is the same file."""


def require_matplotlib() -> None:
    """Say in one sentence what to install when pictures cannot be drawn."""
    import importlib.util

    missing = [name for name in ("matplotlib",) if importlib.util.find_spec(name) is None]
    if missing:
        raise InvalidInput(f"figures need {missing[0]}, which is not installed: pip install 'spectralaw[figures]'")


def new_figure(width: float, height: float) -> Figure:
    """An empty figure (sizes in inches) that no window system knows of."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def tex(value: float) -> str:
    """A number as it is written in a formula, to four digits: 400, 0.05, 10^{6}."""
    mantissa, _, exponent = f"{value:.4g}".partition("e")
    if float(value).is_integer() and abs(value) < 1e5:
        return f"{value:.0f}"
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def few_labels(axis) -> None:
    """Labels of a logarithmic axis that do not run into each other, however few decades it has."""
    import numpy as np
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    axis.set_minor_formatter(NullFormatter())
    decades = abs(np.log10(high / low))
    if decades < 2.0:
        subs = (1.0, 2.0, 5.0) if decades > 0.6 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
        axis.set_major_locator(LogLocator(subs=subs, numticks=12))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def cell_edges(centres: ArrayLike) -> NDArray[np.float64]:
    """Edges of cells around points of a logarithmic axis, half-way between neighbours in the logarithm."""
    import numpy as np

    x = np.log(np.asarray(centres, dtype=float))
    inner = 0.5 * (x[1:] + x[:-1])
    return np.exp(np.concatenate([[x[0] - (inner[0] - x[0])], inner, [x[-1] + (x[-1] - inner[-1])]]))


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write PNG and PDF beside each other, ``stem`` and the suffix; returns their paths."""
    return [write(figure, stem.with_name(stem.name + suffix)) for suffix in (".png", ".pdf")]


def write(figure: Figure, path: str | Path) -> Path:
    """Write one file, of the kind that its suffix names, in the shared style; returns its path.

    Raises
    ------
    InvalidInput
        For a suffix other than those of ``KINDS``.
    """
    import logging

    import matplotlib

    path = checked(path)
    fonts = logging.getLogger("fontTools")
    level = fonts.level
    try:
        fonts.setLevel(logging.ERROR)  # it warns of the dates inside the fonts that come with matplotlib
        with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]  # saving reads the style again
            figure.savefig(path, metadata=KINDS[path.suffix.lower()])
    finally:
        fonts.setLevel(level)
    return path


def checked(path: str | Path) -> Path:
    """The path of a picture, before anything is computed for it.

    Raises
    ------
    InvalidInput
        For a suffix other than those of ``KINDS``, and where matplotlib is missing.
    """
    path = file_path(path)
    if path.suffix.lower() not in KINDS:
        raise InvalidInput(f"figure must end in {', '.join(KINDS)}, not {path.name!r}")
    require_matplotlib()
    return path
