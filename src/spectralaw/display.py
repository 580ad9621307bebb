"""How numbers and results are shown, in a terminal and in a notebook: with the digits that they deserve."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

NONE = "–"
"""Shown for a number that does not exist."""
_EXACT = 1e-9  # an error below this, relative, is rounding and none of the data


def number(value: float) -> str:
    """Six significant digits."""
    return f"{value:.6g}" if math.isfinite(value) else NONE if math.isnan(value) else f"{value:g}"


def with_error(mean: float, error: float) -> str:
    """A mean with its standard error: two digits of the error, and as many of the mean as that leaves.

    An error of the size of rounding is shown as 0, for it says nothing about the data; without an error, or without a
    mean, what there is.
    """
    if not math.isfinite(mean) or not math.isfinite(error):
        return number(mean)
    if error <= _EXACT * abs(mean):
        return f"{number(mean)} ± 0"
    error = float(f"{error:.1e}")
    place = int(f"{error:e}".split("e")[1])
    last = place - 1  # of the digits that are shown
    top = max(int(f"{mean:e}".split("e")[1]), place) if mean else place
    if last > 0 or top < -4:
        scale = 10.0**top
        return f"({mean / scale:.{top - last}f} ± {error / scale:.{top - last}f})e{top:+03d}"
    return f"{mean:.{-last}f} ± {error:.{-last}f}"


def printable(text: str) -> str:
    """Without what a terminal would obey: names come from files of others."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def more(count: float, noun: str) -> str:
    """``3 more outliers``."""
    count = round(count)
    return f"{count:,} more {noun}{'' if count == 1 else 's'}"


def task_in_words(task: Any) -> str:
    """A task in one line."""
    teacher = repr(task.teacher).replace(", coefficients='gaussian'", "")
    inputs = "" if task.white else f", {task.inputs!r}"
    width = "" if task.width is None else f", p = {task.width}"
    return (
        f"{task.network} network, d = {task.dimension}{width}, n = {number(task.samples)}, "
        f"λ = {number(task.weight_decay)}, Δ = {number(task.noise_variance)}, {teacher}{inputs}"
    )


class Shown:
    """A result that shows itself as a title and pairs of a name and a value; see :meth:`_shown`."""

    __slots__ = ()

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        """Title, and names with values; nothing that takes long to compute."""
        raise NotImplementedError  # abstract: each result shows its own

    def __repr__(self) -> str:
        title, pairs = self._shown()
        return "\n".join([title, *(f"  {line}" for line in columns(pairs))])

    def _repr_html_(self) -> str:
        return table(*self._shown())


def table(title: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A title and pairs as HTML; what is shown cannot be more than text."""
    cell = "style='text-align:left'"
    rows = "".join(
        f"<tr><th {cell}>{html.escape(name)}</th><td {cell}>{html.escape(value)}</td></tr>" for name, value in pairs
    )
    return f"<div><strong>{html.escape(title)}</strong><table>{rows}</table></div>"


def columns(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Names and values in two columns."""
    width = max((len(name) for name, _ in pairs), default=0)
    return [f"{name:<{width}}  {value}" for name, value in pairs]
