"""Write gallery.md, gallery.json and the images of the gallery.

    python docs/gallery.py                  run every experiment at quick size into results/, and write all of it
    python docs/gallery.py --from A [B ...] write what earlier runs left in these folders; other entries stay

Experiments, their sizes and claims come from the registry; ``differences`` says where the page is behind it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spectralaw.reproduction import registry

HERE = Path(__file__).resolve().parent
DATA = HERE / "gallery.json"
PAGE = HERE / "gallery.md"
HEAD = """# Gallery and verdicts

Each figure is made by one command, `spectralaw reproduce NAME`, with data (netCDF), picture (PNG and PDF), caption and
a verdict table: what was claimed, what was measured, and whether the two agree. *Not judged* comes with its reason.
The quick size is made for less than two minutes each on two idle cores; the times below are those of the run that made
this page, with `make gallery`.

| experiment | outcome | agree | disagree | not judged |
|---|---|---|---|---|
"""


def registered() -> dict[str, dict[str, Any]]:
    """Title, claims and sizes of every experiment, as the registry has them."""
    found = {}
    for name in registry.names():
        one = registry.experiment(name)
        found[name] = {
            "title": one.title,
            "claims": list(one.claims),
            "sizes": json.loads(json.dumps(one.sizes, default=_plain)),
        }
    return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return dict(value) if isinstance(value, Mapping) else str(value)


def differences(gallery: dict[str, Any], wanted: dict[str, dict[str, Any]]) -> list[str]:
    """Where a gallery is behind the registry: names, titles, sizes, claims, and verdicts that are missing."""
    found = [f"{name} is in the gallery and not in the registry" for name in gallery if name not in wanted]
    for name, one in wanted.items():
        if name not in gallery:
            found.append(f"{name} is not in the gallery")
            continue
        entry = gallery[name]
        found += [f"{name}: {key} {entry.get(key)!r}, but {one[key]!r}" for key in one if entry.get(key) != one[key]]
        if "quick" not in entry.get("runs", {}):
            found.append(f"{name} was not run at quick size")
        for size, run in entry.get("runs", {}).items():
            if size not in one["sizes"]:
                found.append(f"{name} has no size {size}")
            said = {claim["claim"] for claim in run["verdict"]}
            found += [f"{name}, {size}: {claim!r} was not judged" for claim in one["claims"] if claim not in said]
            found += [f"{name}, {size}: {claim!r} is no claim" for claim in sorted(said - set(one["claims"]))]
    return found


def collect(folders: list[Path], gallery: dict[str, Any]) -> dict[str, Any]:
    """The gallery with what was run in these folders; their pictures are copied."""
    result = {}
    for name, one in registered().items():
        runs = dict(gallery.get(name, {}).get("runs", {})) if _same(gallery.get(name), one) else {}
        for folder in folders:
            report = folder / f"{name}-report.json"
            if report.exists():
                run = json.loads(report.read_text(encoding="utf-8"))
                image = f"{name}{'' if run['size'] == 'quick' else '-' + run['size']}.png"
                if (folder / f"{name}.png").exists():
                    shutil.copy(folder / f"{name}.png", HERE / "images" / image)
                kept = ("outcome", "verdict", "caption", "seconds")
                runs[run["size"]] = {**{key: run[key] for key in kept if key in run}, "image": image}
        result[name] = {**one, "runs": runs}
    return result


def _same(entry: dict[str, Any] | None, one: dict[str, Any]) -> bool:
    return entry is not None and all(entry.get(key) == one[key] for key in one)


def page(gallery: dict[str, Any]) -> str:
    """The page of a gallery."""
    rows, sections = [], []
    for name, entry in gallery.items():
        runs = entry["runs"]
        first = runs.get("quick")
        count = {
            o: sum(c["outcome"] == o for c in first["verdict"]) if first else 0
            for o in ("agree", "disagree", "not judged")
        }
        said = first["outcome"] if first else "not run"
        anchor = _anchor(entry["title"])
        rows.append(
            f"| [{entry['title']}](#{anchor}) | {_strong(said)} | " + " | ".join(map(str, count.values())) + " |"
        )
        sizes = "\n".join(f"* `--size {size}`: {_parameters(values)}" for size, values in entry["sizes"].items())
        sections.append(f"\n## {entry['title']}\n\n`spectralaw reproduce {name}`\n\n{sizes}\n")
        if not runs:
            sections.append("\nNot run yet.\n")
        for size, run in runs.items():
            sections.append(_run(entry["title"], size, run, alone=len(runs) == 1))
    return HEAD + "\n".join(rows) + "\n" + "".join(sections)


def _run(title: str, size: str, run: dict[str, Any], *, alone: bool) -> str:
    head = "" if alone and size == "quick" else f"\n### {title}, {size} size\n"
    picture = f"\n![{title}](images/{run['image']})\n\n{run['caption'].strip()}\n" if "caption" in run else ""
    table = ["| about | claimed | measured | verdict |", "|---|---|---|---|"]
    for claim in run["verdict"]:
        reason = f": {claim['reason']}" if "reason" in claim else ""
        cells = (claim["about"], claim["claim"], claim["measured"], _strong(claim["outcome"]) + reason)
        table.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return head + picture + f"\nTook {run['seconds']:.0f} s.\n\n" + "\n".join(table) + "\n"


def _strong(outcome: str) -> str:
    return f"**{outcome}**" if outcome == "disagree" else outcome


def _parameters(values: dict[str, Any]) -> str:
    return "; ".join(f"{key.replace('_', ' ')} {_shown(value)}" for key, value in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return "(" + _parameters(value) + ")"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _anchor(title: str) -> str:
    """What the table of contents makes of a heading."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def run_all(folder: Path) -> None:
    """Every experiment at quick size; a claim that disagrees stops nothing."""
    from spectralaw.reproduction.runner import reproduce

    for name in registry.names():
        result = reproduce(name, "quick", folder)
        sys.stderr.write(f"{name}: {result.outcome}, {result.seconds:.0f} s\n")


def main(arguments: list[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="folders", nargs="+", type=Path, metavar="FOLDER")
    folders = parser.parse_args(arguments).folders
    if folders is None:
        folders = [Path("results")]
        run_all(folders[0])
    old = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    gallery = collect(folders, old)
    DATA.write_text(json.dumps(gallery, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(gallery), encoding="utf-8")
    for line in differences(gallery, registered()):
        sys.stderr.write(f"behind the registry: {line}\n")


if __name__ == "__main__":
    main()
