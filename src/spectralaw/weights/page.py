"""A diagnosis as HTML: a table for notebooks, and a whole page with pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from spectralaw.weights.bulk_law import bulk_law
from spectralaw.weights.text import (
    CHANGE_NOTES,
    CHANGES,
    HEADER,
    cells,
    change_cells,
    groups,
    number,
    spikes,
    structure,
    summary,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spectralaw.weights.checkpoints import Checkpoints
    from spectralaw.weights.diagnosis import Diagnosis
    from spectralaw.weights.row import MatrixReading

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0.2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 0.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.85rem; }
th, td { padding: 0.18rem 0.6rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
th:first-child, td:first-child, th.w, td.w { text-align: left; }
td:first-child { min-width: 9rem; }
td:first-child, td:last-child.w { white-space: normal; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } img { width: 100%; background: #fff; border-radius: 4px; margin: 0.4rem 0; }
p.small, ul.small, details { font-size: 0.88rem; } .dim { opacity: 0.75; } a { color: inherit; }
@media print { h2 { break-after: avoid; } section { break-inside: avoid; } }
"""
_UNEVEN = 1.0  # spread of the logarithms of the variances
_WORDS = {0, 2}  # columns of words


def fragment(diagnosis: Diagnosis) -> str:
    """Summary and tables, for a notebook."""
    parts = [f"<p>{escape(summary(diagnosis))}</p>"]
    if diagnosis.read:
        parts.append(_table(HEADER, [cells(row.to_dict()) for row in diagnosis.read]))
    if diagnosis.passed_over:
        parts.append(_passed_over(diagnosis))
    return "\n".join(parts)


def changes_table(checkpoints: Checkpoints) -> str:
    """What changed between checkpoints, for a notebook."""
    labels = checkpoints.labels
    parts = [f"<p>{len(checkpoints)} checkpoints, from {escape(labels[0])} to {escape(labels[-1])}</p>"]
    parts.append(_table(CHANGES, [change_cells(change) for change in checkpoints.changes]))
    if checkpoints.only_in_some:
        parts.append(f"<p>Not read in both: {escape(', '.join(checkpoints.only_in_some))}</p>")
    return "\n".join([*parts, f'<p class="small dim">{escape(CHANGE_NOTES)}</p>'])


def checkpoints_page(checkpoints: Checkpoints) -> str:
    """A whole page: the changes, their curves, and the readings of the last checkpoint."""
    from spectralaw.figures.weights import draw_checkpoints

    last = checkpoints.diagnoses[-1]
    parts = [
        f"<h1>{escape(checkpoints.labels[0])} → {escape(checkpoints.labels[-1])}</h1>",
        changes_table(checkpoints),
        *(f'<img alt="curves over the checkpoints" src="{_png(figure)}">' for figure in draw_checkpoints(checkpoints)),
        f"<h2>{escape(checkpoints.labels[-1])}</h2>",
        *_body(last),
    ]
    return _document(f"{checkpoints.labels[0]} → {checkpoints.labels[-1]}", parts)


def page(diagnosis: Diagnosis) -> str:
    """A whole page; pictures are inside it."""
    return _document(diagnosis.source, [f"<h1>{escape(diagnosis.source)}</h1>", *_body(diagnosis)])


def _body(diagnosis: Diagnosis) -> list[str]:
    read = diagnosis.read
    rows = [cells(row.to_dict()) for row in read]
    links = [[f'<a href="#m{k}">{escape(row[0])}</a>', *map(escape, row[1:])] for k, row in enumerate(rows)]
    return [
        f'<p class="dim">{escape(summary(diagnosis))}. {escape(_settings(diagnosis))}</p>',
        _table(HEADER, links, escaped=True) if read else "",
        _overview(read),
        _HOW,
        *(_section(row, k) for k, row in enumerate(read)),
        "<h2>Passed over</h2>" + _passed_over(diagnosis) if diagnosis.passed_over else "",
    ]


def _document(title: str, parts: Iterable[str]) -> str:
    from spectralaw._version import __version__

    foot = f'<p class="small dim">spectralaw {__version__}. Methods: <code>spectralaw cite diagnose</code>.</p>'
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}: spectra of '
        f'weights</title><meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(part for part in [*parts, foot] if part)
        + "\n</body></html>\n"
    )


def _overview(rows: tuple[MatrixReading, ...]) -> str:
    if len(rows) < 6:
        return ""
    from spectralaw.figures.weights import draw_overview

    told = "Hollow points: the tail lies inside the bulk, or a power law does not fit. Spikes on a scale of logarithms."
    return (
        f'<img alt="spikes, exponents and errors of the cut of all matrices" src="{_png(draw_overview(rows))}">'
        f'<p class="small dim">{told}</p>'
    )


_HOW = """<details open><summary>How to read this page</summary><ul class="small">
<li><b>Bulk and spikes.</b> The bulk is what noise looks like whose rows and columns have the variances of this matrix;
its edge (dashed) is where such noise ends. Spikes are singular values beyond it; the level is the chance that pure
noise shows one. Where entries have heavy tails, random signs are a second null, and the smaller count is given; the
bracket holds both.</li>
<li><b>Tail.</b> α is the exponent of the density of eigenvalues beyond xmin. Its interval holds for an exact power law
only; eigenvalues that repel each other make the p-value conservative. A tail inside the bulk (dotted, in parentheses)
describes noise: pure noise has an α too. Small p means that a power law does not fit.</li>
<li><b>α against xmin.</b> A power law gives a plateau. Where the curve climbs, α depends on where the tail begins.</li>
<li><b>Pruning.</b> The errors are exact, and those of the weights, not of the function: only data tell what accuracy is
lost.</li></ul></details>"""


def _section(row: MatrixReading, k: int) -> str:
    values = row.to_dict()
    return (
        f'<section id="m{k}"><h2>{escape(row.name)}</h2><p class="small">{escape(sentences(values))}</p>'
        f'<img alt="spectrum, tail and exponent of {escape(row.name)}" src="{_picture(row)}">'
        f"{_spike_table(values)}</section>"
    )


def sentences(row: dict[str, Any]) -> str:
    """What was found in one matrix, in words and numbers."""
    shape = " × ".join(map(str, row["shape"]))
    told = [f"{shape}, {row['dtype']}{', read as out × (in · kernel)' if row.get('reshape') else ''}."]
    told.append(f"Structure: {structure(row.get('structure', 'not told'))}.")
    bulk, tail, prune = row.get("bulk", {}), row.get("tail", {}), row.get("prune", {})
    if bulk.get("edge") is not None:
        told.append(
            f"{spikes(row)} spikes beyond the edge {number(bulk['edge'])}"
            + (f" (null: {row['null_used']})" if row.get("null_used") else "")
            + f", noise {number(bulk.get('noise_std'))} an entry."
        )
    if bulk.get("profile_spread", 0.0) > _UNEVEN:
        told.append(
            f"The variances of its rows and columns differ much (log spread {bulk['profile_spread']:.1f}): what a few "
            "rows or columns hold counts as their noise, not as spikes."
        )
    ranks = [("stable rank", "stable_rank"), ("effective rank", "effective_rank"), ("rank", "rank")]
    known = ", ".join(f"{name} {number(row[key])}" for name, key in ranks if row.get(key) is not None)
    told.append(f"{known[:1].upper()}{known[1:]}." if known else "")
    if tail.get("alpha") is not None:
        interval = f" [{tail['interval'][0]:.2f}, {tail['interval'][1]:.2f}]" if tail.get("interval") else ""
        pvalue = f", p = {tail['pvalue']:.2f}" if tail.get("pvalue") is not None else ""
        status = str(tail.get("status", "")).replace("_", " ")
        told.append(f"Tail: α = {tail['alpha']:.2f}{interval} from {tail['n']} eigenvalues{pvalue} ({status}).")
    favoured = tail.get("models", {}).get("favoured")
    if tail.get("alpha") is not None and favoured:
        told.append(f"Of the competing tails: {structure(favoured)}.")
    if row.get("spectrum_models", {}).get("favoured"):
        told.append(f"Of the laws of whole spectra: {structure(row['spectrum_models']['favoured'])}.")
    if prune.get("keep") is not None:
        told.append(
            f"Cut behind the spikes: rank {prune['keep']}, {100 * prune['parameters']:.1f} % of the numbers, "
            f"relative error of the weights {prune['relative_error']:.3f}."
        )
    return " ".join(part for part in told if part)


def _spike_table(row: dict[str, Any]) -> str:
    outliers = row.get("outliers") or []
    if not outliers:
        return ""
    names = (("value", "value"), ("strength", "strength"), ("left overlap²", "overlap_left"))
    names += (("right overlap²", "overlap_right"), ("shrunken", "shrunken"), ("p", "pvalue"))
    body = [[number(one.get(key)) for _, key in names] for one in outliers[:10]]
    more = f'<p class="small dim">and {len(outliers) - 10} more</p>' if len(outliers) > 10 else ""
    head = tuple(name for name, _ in names)
    return f"<details><summary>Spikes</summary>{_table(head, body, words=())}{more}</details>"


def _passed_over(diagnosis: Diagnosis) -> str:
    few = [(status, str(count), names) for status, count, names in groups(diagnosis)]
    each = [(row.name, "×".join(map(str, row.shape)), str(row.status), row.reason) for row in diagnosis.passed_over]
    return (
        _table(("passed over", "", "names"), few)
        + "<details><summary>Each of them, and why</summary>"
        + _table(("tensor", "shape", "status", "reason"), each, words=(0, 2, 3))
        + "</details>"
    )


def _settings(diagnosis: Diagnosis) -> str:
    shown = ("level", "null", "resamples", "seed")
    return ", ".join(f"{name} {diagnosis.settings[name]}" for name in shown if name in diagnosis.settings) + "."


def _table(header: Iterable[str], rows: Iterable[Iterable[str]], words: Any = _WORDS, escaped: bool = False) -> str:
    def line(tag: str, texts: Iterable[str], raw: bool) -> str:
        kind = [' class="w"' if k in words else "" for k in range(50)]
        return "".join(f"<{tag}{kind[k]}>{text if raw else escape(str(text))}</{tag}>" for k, text in enumerate(texts))

    body = "".join(f"<tr>{line('td', row, escaped)}</tr>" for row in rows)
    head = f"<tr>{line('th', header, False)}</tr>"
    return f'<div class="wide"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def _picture(row: MatrixReading) -> str:
    from spectralaw.figures.weights import draw

    return _png(draw(row, bulk_law(row)))


def _png(figure: Figure) -> str:
    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=150, metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(raw.getvalue()).decode()}"
