"""Which paths may be opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from spectralaw.weights.files.tensor import UnreadableWeights
from spectralaw.weights.row import MatrixStatus


def regular_size(path: Path) -> int:
    """Size in bytes of a regular file; pipes and devices, which could block or never end, are refused unopened."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableWeights(MatrixStatus.UNSUPPORTED_FORMAT, f"{path} must be a regular file, not a pipe or device")
    return status.st_size


def beside(folder: Path, name: object, mentioned_by: str) -> Path:
    """The file in ``folder`` that another file mentions by name; anything outside the folder is refused."""

    def refuse(what: str) -> UnreadableWeights:
        shown = repr(name) if len(repr(name)) < 200 else repr(name)[:200] + "…"
        return UnreadableWeights(MatrixStatus.MALFORMED, f"{mentioned_by} mentions the file {shown}, {what}")

    if not isinstance(name, str) or not name or "\0" in name:
        raise refuse("which is no file name")
    if name in (".", "..") or "/" in name or "\\" in name or ":" in name:
        raise refuse("but only plain names in its own folder are read")
    path = folder / name
    try:
        resolved = path.resolve(strict=True)
        if resolved.parent != folder.resolve(strict=True):
            raise refuse("a link that leads out of its folder")
        regular_size(resolved)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise refuse("which does not exist") from error
    except (OSError, RuntimeError) as error:  # loops of links, names too long
        raise refuse("which cannot be opened") from error
    return resolved
