"""The report: one page, HTML or PDF, with a table and a picture a matrix."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from spectralaw import files
from spectralaw.errors import InvalidInput
from spectralaw.weights.bulk_law import bulk_law

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spectralaw.weights.checkpoints import Checkpoints
    from spectralaw.weights.diagnosis import Diagnosis

_SUFFIXES = (".html", ".pdf")


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

        files.write_bytes(path, page(diagnosis).encode())
    else:
        _pdf(diagnosis, path)
    return path


def write_checkpoints(checkpoints: Checkpoints, path: Path, overwrite: bool = False) -> Path:
    """Write the report of several checkpoints."""
    check(path, overwrite)
    from spectralaw.figures.weights import draw_checkpoints

    if path.suffix == ".html":
        from spectralaw.weights.page import checkpoints_page

        files.write_bytes(path, checkpoints_page(checkpoints).encode())
    else:
        _pdf(checkpoints.diagnoses[-1], path, draw_checkpoints(checkpoints))
    return path


def _pdf(diagnosis: Diagnosis, path: Path, before: Iterable[Figure] = ()) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    from spectralaw.figures.weights import draw_overview, draw_pages, draw_table
    from spectralaw.weights.text import HEADER, cells, summary

    pictures = [(row, bulk_law(row)) for row in diagnosis.read]
    rows = [cells(row.to_dict()) for row in diagnosis.read]
    with PdfPages(path, metadata={"CreationDate": None}) as pages:
        overview = [draw_overview(diagnosis.read)] if len(rows) > 5 else []
        for figure in (*draw_table(summary(diagnosis), HEADER, rows), *overview, *before, *draw_pages(pictures)):
            pages.savefig(figure)
