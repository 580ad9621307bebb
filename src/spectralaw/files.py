"""Files: the names they have beside one another, and how they are written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput

_SUFFIXES = frozenset(
    ".nc .npz .npy .csv .parquet .json .toml .yaml .yml .sqlite .db .png .pdf .svg .md .html .txt".split()
)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file under exactly this name; a write that fails leaves what was there before.

    Raises
    ------
    InvalidInput
        For a place where no file can be written.
    """
    where = file_path(path)
    try:
        if where.exists() and not where.is_file():  # a device or a pipe is written to, not replaced
            where.write_bytes(content)
            return where
        target = where.resolve()
        part = target.with_name(f".{os.getpid()}.part")
        try:
            part.write_bytes(content)
            if target.exists():
                shutil.copymode(target, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise InvalidInput(f"{where} cannot be written: {error.strerror}") from error
    except OSError as error:  # a full disk, a name that is too long
        raise OSError(error.errno, error.strerror, str(where)) from error
    return where


def write_dataset(path: str | os.PathLike[str], data: Any) -> Path:
    """Write an xarray.Dataset as netCDF under exactly this name."""
    return write_bytes(path, bytes(data.to_netcdf(None, engine="scipy")))


def refuse_place(path: str | os.PathLike[str], *, pictures: bool = False) -> None:
    """Raise where no data can be written, before they are computed; ``pictures`` will stand beside them."""
    where = file_path(path)
    if where.is_dir() or not where.parent.is_dir():
        reason = "it is a folder" if where.is_dir() else f"there is no folder {where.parent}"
        raise InvalidInput(f"{where} cannot be written: {reason}")
    if pictures and where.suffix.lower() in (".png", ".pdf"):
        raise InvalidInput(f"save must name the file of the data, such as {beside(where, '.nc')}, not {where}")


def beside(path: str | os.PathLike[str], suffix: str) -> Path:
    """A file beside another, of another kind: a known suffix is replaced, and nothing else is.

    ``noise0.5.nc`` and ``noise0.5`` become ``noise0.5.png``; the dot of a number begins no suffix.
    """
    where = Path(path)
    stem = where.name.removesuffix(where.suffix) if where.suffix.lower() in _SUFFIXES else where.name
    return where.with_name(f"{stem}{suffix}")


def file_path(path: Any) -> Path:
    """The argument ``path`` of a function, or a sentence that it is none."""
    if not isinstance(path, (str, os.PathLike)) or not str(path) or "\0" in str(path):
        raise InvalidInput(f"path must be the name of a file, not {shown(path)}")
    return Path(path)
