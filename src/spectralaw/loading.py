"""``load``: whatever result is in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spectralaw.comparison import Comparison
from spectralaw.errors import InvalidInput
from spectralaw.files import file_path
from spectralaw.saving import kind
from spectralaw.scaling.result import ScalingFit
from spectralaw.theory import Prediction
from spectralaw.training import Trained

if TYPE_CHECKING:
    from spectralaw.weights.diagnosis import Diagnosis

_KINDS = {each.__name__: each for each in (Prediction, Trained, Comparison, ScalingFit)}


def load(path: str | os.PathLike[str]) -> Prediction | Trained | Comparison | ScalingFit | Diagnosis:
    """The result that was saved in a file.

    Parameters
    ----------
    path : path
        Written by ``save`` of a :class:`~spectralaw.Prediction`, :class:`~spectralaw.Trained`,
        :class:`~spectralaw.Comparison`, :class:`~spectralaw.ScalingFit` or :class:`~spectralaw.Diagnosis`.

    Raises
    ------
    InvalidInput
        For a file that cannot be read, is none of ours, is cut off, or is newer than this version.
    """
    path = file_path(path)  # first: to open a number would open, and then close, that descriptor
    if _is_json(path):
        from spectralaw.weights.diagnosis import Diagnosis

        return Diagnosis.load(path)
    name = kind(path)
    if name not in _KINDS:
        raise InvalidInput(f"{path} holds a {name}, which is none of {', '.join(_KINDS)}")
    return _KINDS[name].load(path)


def _is_json(path: os.PathLike[str]) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False  # said by who reads it next
