"""Tables and code as HTML, for what changes with every move of a slider, and for exported pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from spectralaw.explorer.look import Shown


def table(title: str, rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its header; what is in it cannot be more than text."""
    header, *body = rows
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    lines = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in body
    )
    return (
        f'<div class="wide"><table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def code(title: str, content: str, name: str) -> str:
    """Text to be run elsewhere, with a button that copies it where a page has one."""
    return (
        f'<div class="code"><div class="head"><h3>{escape(title)}</h3><button type="button" data-copy="{escape(name)}" '
        f'aria-label="Copy {escape(title)}">Copy</button></div><pre tabindex="0"><code id="{escape(name)}">'
        f"{escape(content)}</code></pre></div>"
    )


def words(shown: Shown, suffix: str) -> str:
    """All tables and code of a view."""
    tables = "".join(table(title, rows) for title, rows in shown.tables)
    codes = "".join(code(title, text, f"{title.split()[0].lower()}-{suffix}") for title, text in shown.code)
    return f'<div class="tables">{tables}</div>{codes}'


def sentences(shown: Shown) -> str:
    """Its sentences, a paragraph each."""
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in shown.sentences)
