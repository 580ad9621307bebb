"""The report: one page, HTML or PDF, with a table and a picture a matrix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spectralaw.errors import InvalidInput

if TYPE_CHECKING:
    from spectralaw.weights.diagnosis import Diagnosis

_SUFFIXES = (".html", ".pdf")
_TO_A_PAGE = 4


def check(path: Path, overwrite: bool) -> None:
    """Refuse what could not be written, before hours of reading."""
    from spectralaw.figures.look import require_matplotlib

    if path.suffix not in _SUFFIXES:
        raise InvalidInput(f"report must be a file name that ends in .html or .pdf, not {str(path)!r}")
    if path.exists() and not overwrite:
        raise InvalidInput(f"report must be a new file, not {path}, which exists")
    if not path.parent.is_dir():
        raise InvalidInput(f"report must be in a folder that exists, not {path.parent}")
    require_matplotlib()


def write(diagnosis: Diagnosis, path: Path, overwrite: bool = False) -> Path:
    """Write the report of a diagnosis."""
    check(path, overwrite)
    if path.suffix == ".html":
        from spectralaw.weights.page import page

        path.write_text(page(diagnosis), encoding="utf-8")
    else:
        _pdf(diagnosis, path)
    return path


def _pdf(diagnosis: Diagnosis, path: Path) -> None:
    import matplotlib
    from matplotlib.backends.backend_pdf import PdfPages

    from spectralaw.figures.look import SETTINGS
    from spectralaw.figures.weights import draw, draw_table

    with matplotlib.rc_context(SETTINGS), PdfPages(path, metadata={"CreationDate": None}) as pages:  # pyright: ignore[reportArgumentType]
        for figure in draw_table(diagnosis):
            pages.savefig(figure)
        for row in diagnosis.read:
            pages.savefig(draw(row))
