"""What a source of weights is made of: tensors that are named now and read later, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

from numpy.typing import NDArray

from spectralaw.errors import InvalidInput
from spectralaw.weights.row import MatrixStatus


class UnreadableWeights(InvalidInput):
    """A file or tensor that is refused; ``status`` is the typed reason, the message one sentence."""

    def __init__(self, status: MatrixStatus, message: str) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, str(self))


@dataclass(frozen=True)
class Tensor:
    """One named array of a source, known by its header alone."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    """NumPy's word, or ``bfloat16``, ``float8_e4m3`` …"""
    read: Callable[[], NDArray[Any]] = field(repr=False, compare=False)
    """Reads the numbers; raises :class:`UnreadableWeights` where they are not what the header says."""
    refused: UnreadableWeights | None = field(default=None, compare=False)
    """Why it cannot be read, where the header alone shows that."""
    output_last: bool = False
    """A kernel of shape (…, in, out), as Keras writes them, instead of (out, in, …)."""

    scaled: bool = False
    """Whole numbers whose scale is known: :attr:`read` gives the real ones."""

    @property
    def size(self) -> int:
        """Number of entries."""
        return prod(self.shape)


def refused_tensor(name: str, shape: tuple[int, ...], dtype: str, status: MatrixStatus, reason: str) -> Tensor:
    """A tensor that its header shows to be unreadable."""
    error = UnreadableWeights(status, reason)

    def read() -> NDArray[Any]:
        raise error

    return Tensor(name, shape, dtype, read, error)


@dataclass(frozen=True)
class Source:
    """All tensors of a source, in its own order."""

    name: str
    """File name, or what the source is."""
    format: str
    tensors: tuple[Tensor, ...]
