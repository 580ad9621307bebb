"""``load``: whatever result is in a file."""

from __future__ import annotations

import os

from spectralaw.comparison import Comparison
from spectralaw.errors import InvalidInput
from spectralaw.saving import kind
from spectralaw.scaling.result import ScalingFit
from spectralaw.theory import Prediction
from spectralaw.training import Trained

_KINDS = {each.__name__: each for each in (Prediction, Trained, Comparison, ScalingFit)}


def load(path: str | os.PathLike[str]) -> Prediction | Trained | Comparison | ScalingFit:
    """The result that was saved in a file.

    Parameters
    ----------
    path : path
        Written by ``save`` of a :class:`~spectralaw.Prediction`, :class:`~spectralaw.Trained`,
        :class:`~spectralaw.Comparison` or :class:`~spectralaw.ScalingFit`.

    Raises
    ------
    InvalidInput
        For a file that cannot be read, is none of ours, is cut off, or is newer than this version.
    """
    name = kind(path)
    if name not in _KINDS:
        raise InvalidInput(f"{path} holds a {name}, which is none of {', '.join(_KINDS)}")
    return _KINDS[name].load(path)
