"""A view as one HTML file that loads nothing: pictures that answer to the pointer, numbers, and the code."""

from __future__ import annotations

import importlib.resources
import json
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from spectralaw.errors import InvalidInput
from spectralaw.explorer import address, tasks, written
from spectralaw.explorer.look import Picture, Shown
from spectralaw.files import file_path, refuse_place, write_bytes

_ASSETS = Path(__file__).parent / "assets"
_RULES = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_START = """
for (const place of document.querySelectorAll("[data-picture]")) {
  const { data, layout } = JSON.parse(place.querySelector("script").textContent);
  Plotly.newPlot(place.querySelector(".graph"), data, layout, { displayModeBar: false, responsive: true });
}
document.getElementById("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).getPropertyValue("--dark").trim() === "1";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
});
"""


def write(path: str | os.PathLike[str], query: str) -> Path:
    """Compute the view of an address and write it.

    Raises
    ------
    InvalidInput
        For a file that exists or cannot be written, and for what the view itself refuses.
    """
    place = file_path(path)
    if place.suffix.lower() != ".html":
        raise InvalidInput(f"export must be a file name that ends in .html, not {str(place)!r}")
    if place.exists():
        raise InvalidInput(f"export must be a new file, not {place}, which exists")
    refuse_place(place)
    return write_bytes(place, document(views(address.read(query)), query).encode())


def views(view: address.Address, trained: Sequence[Mapping[str, Any]] = ()) -> list[Shown]:
    """What an address shows, computed now."""
    values = view.values
    if view.tab == "theory":
        from spectralaw.explorer import theory_view

        return [theory_view.shown(task, trained) for task in tasks.view(values).tasks]
    if view.tab == "sweeps":
        from spectralaw.explorer import sweeps_view

        return [sweeps_view.shown(values.get("store", ""), values)]
    if view.tab == "weights":
        from spectralaw.explorer import weights_view
        from spectralaw.weights.diagnose import diagnose

        if not values.get("path"):
            raise InvalidInput("a view of the weights tab must have the path of a file")
        return [weights_view.shown(diagnose(values["path"]), values.get("matrix", ""))]
    from spectralaw.explorer import curves_view

    return [curves_view.fitted(*(values.get(name, "") for name in ("table", "x_column", "y_column", "forecast")))]


def document(shown: Sequence[Shown], query: str) -> str:
    """The file."""
    from spectralaw._version import __version__

    style = (_ASSETS / "explorer.css").read_text(encoding="utf-8")
    plotly = importlib.resources.files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")
    scripts = [plotly, (_ASSETS / "2-pictures.js").read_text(encoding="utf-8"), _START]
    body = "".join(_section(one, k) for k, one in enumerate(shown))
    title = escape(shown[0].title if len(shown) == 1 else "spectralaw: both networks")
    again = escape(f"spectralaw explore --view '{query}'" if query else "spectralaw explore")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{_RULES}"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{style}\n[data-copy] {{ display: none; }}</style>"
        f"</head><body><header><h1>spectralaw {escape(__version__)}</h1>"
        f'<div class="actions"><button type="button" id="theme">Light / dark</button></div></header>'
        f'<main><div class="columns{" both" if len(shown) > 1 else ""}">{body}</div><p class="note">The same view: '
        f"<code>{again}</code></p></main>" + "".join(f"<script>{_harmless(script)}</script>" for script in scripts)
    ) + "</body></html>\n"


def _harmless(script: str) -> str:
    """A script that cannot end its own element."""
    return script.replace("</script", "<\\/script")


def _section(shown: Shown, k: int) -> str:
    pictures = "".join(_picture(picture, k) for picture in shown.pictures)
    return (
        f'<section class="column"><h2>{escape(shown.title)}</h2><div class="pictures">{pictures}</div>'
        f'<div class="sentences">{written.sentences(shown)}</div>{written.words(shown, str(k))}</section>'
    )


def _picture(picture: Picture, k: int) -> str:
    from plotly.utils import PlotlyJSONEncoder

    name = f"{picture.name}-{k}"
    data = json.dumps(picture.figure, cls=PlotlyJSONEncoder).replace("<", "\\u003c")
    kinds = "".join(
        f'<button type="button" data-save="{kind}" data-graph="{name}" aria-label="Save {escape(picture.title)} as '
        f'{kind.upper()}">{kind.upper()}</button>'
        for kind in ("png", "svg", "csv")
    )
    title, tall = escape(picture.title), " tall" if picture.name == "diagram" else ""
    return (
        f'<figure class="picture" data-picture><div class="head"><h3>{title}</h3><span class="saves">{kinds}</span>'
        f"</div>"
        f'<div class="holder{tall}" role="img" aria-label="{title}" aria-describedby="{name}-caption">'
        f'<div class="graph" id="{name}"></div></div><figcaption id="{name}-caption">{escape(picture.caption)}'
        f'</figcaption><script type="application/json">{data}</script></figure>'
    )
