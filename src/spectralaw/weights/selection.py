"""Which tensors are matrices to read, how they are laid out as such, and why the others are passed over."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput
from spectralaw.weights.files.dtypes import FLOATS
from spectralaw.weights.files.tensor import Tensor
from spectralaw.weights.row import MatrixStatus

COPIES = 3  # of the matrix in float64: itself, its Gram matrix, its vectors
_OPTIMIZER = (("optimizer",), ("optimizers",), ("optim",), ("opt", "state"), ("exp", "avg"), ("ema",))
_GATES = {4: "ifgo", 3: "rzn"}  # LSTM and GRU, in PyTorch's order


@dataclass(frozen=True)
class Candidate:
    """A matrix to read, or a tensor with the reason why not."""

    name: str
    tensor: Tensor
    shape: tuple[int, ...]
    """As it is in the file; of one gate where gates are split."""
    matrix_shape: tuple[int, int] | None
    """Rows and columns of the matrix that it is read as."""
    reshape: str | None
    """``conv`` where a kernel is flattened to (out, in · k …)."""
    status: MatrixStatus | None = None
    reason: str = ""
    rows: slice | None = None

    def matrix(self) -> NDArray[Any]:
        """Reads it."""
        assert self.matrix_shape is not None
        array = np.asarray(self.tensor.read())
        if self.rows is not None:
            return array[self.rows]
        if array.ndim == 2:
            return array
        if self.tensor.output_last:
            return array.reshape(-1, array.shape[-1]).T
        return array.reshape(array.shape[0], -1)


def patterns(name: str, given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Globs as a tuple."""
    globs: tuple[Any, ...] = () if given is None else (given,)
    if isinstance(given, (list, tuple, set, frozenset)):
        globs = tuple(given)
    if not all(isinstance(glob, str) and glob for glob in globs):
        raise InvalidInput(f"{name} must be a pattern such as '*.weight', or a list of such, not {given!r}")
    return globs


def named(name: str, include: Sequence[str], exclude: Sequence[str]) -> tuple[MatrixStatus | None, str]:
    """Whether the patterns choose a name."""
    if include and not any(fnmatchcase(name, glob) for glob in include):
        return MatrixStatus.NOT_SELECTED, "its name matches no pattern of include"
    if any(fnmatchcase(name, glob) for glob in exclude):
        return MatrixStatus.NOT_SELECTED, "its name matches a pattern of exclude"
    return None, ""


def candidates(
    tensors: Sequence[Tensor],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    min_size: int = 32,
    max_bytes: int = 8 << 30,
    split_gates: bool = False,
) -> Iterator[Candidate]:
    """Every tensor of a source, in order: a matrix to read, or passed over with a status and one sentence."""
    shapes = {tensor.name: tensor.shape for tensor in tensors}
    for tensor in tensors:
        status, reason = _passed_over(tensor, include, exclude)
        if status is None:
            rows, columns = _layout(tensor)
            gates = _gates(tensor, shapes) if split_gates else 1
            for k in range(gates):
                shape = (rows // gates, columns)
                gate = gates > 1
                status, reason = _size(shape, min_size, max_bytes)
                name = f"{tensor.name}[{_GATES[gates][k]}]" if gate else tensor.name
                part = slice(k * shape[0], (k + 1) * shape[0]) if gate else None
                reshape = "conv" if len(tensor.shape) > 2 else None
                yield Candidate(name, tensor, shape if gate else tensor.shape, shape, reshape, status, reason, part)
        else:
            yield Candidate(tensor.name, tensor, tensor.shape, None, None, status, reason)


def _passed_over(tensor: Tensor, include: Sequence[str], exclude: Sequence[str]) -> tuple[MatrixStatus | None, str]:
    status, reason = named(tensor.name, include, exclude)
    if status is not None:
        return status, reason
    if tensor.refused is not None:
        return tensor.refused.status, str(tensor.refused)
    if not include and _belongs_to_optimizer(tensor.name):
        return (
            MatrixStatus.OPTIMIZER_STATE,
            "its name says that it belongs to the optimizer or is an average of weights",
        )
    if len(tensor.shape) < 2:
        return MatrixStatus.VECTOR, f"it has {len(tensor.shape)} dimensions, a matrix has 2"
    if len(tensor.shape) > 5:
        return MatrixStatus.OUT_OF_SCOPE, f"it has {len(tensor.shape)} dimensions, kernels have at most 5"
    if tensor.scaled:
        return None, ""
    if re.match(r"u?int\d|float8", tensor.dtype):
        return (
            MatrixStatus.QUANTISED,
            f"entries of type {tensor.dtype} are whole or 8-bit numbers, whose scale is not known",
        )
    if tensor.dtype not in FLOATS and tensor.dtype != "longdouble" and not tensor.dtype.startswith("float"):
        return MatrixStatus.UNSUPPORTED_DTYPE, f"entries of type {tensor.dtype} are no real numbers"
    return None, ""


def _belongs_to_optimizer(name: str) -> bool:
    for part in re.split(r"[.:/]", name.lower()):
        words = tuple(re.split(r"[_\-]", part))
        for wanted in _OPTIMIZER:
            if any(words[k : k + len(wanted)] == wanted for k in range(len(words))):
                return True
    return False


def _layout(tensor: Tensor) -> tuple[int, int]:
    shape = tensor.shape
    if len(shape) == 2:
        return shape[0], shape[1]
    rows = shape[-1] if tensor.output_last else shape[0]
    return rows, tensor.size // rows if rows else 0


def _size(shape: tuple[int, int], min_size: int, max_bytes: int) -> tuple[MatrixStatus | None, str]:
    if min(shape) < min_size:
        return MatrixStatus.TOO_SMALL, f"the smaller side of {shape[0]} × {shape[1]} is below min_size = {min_size}"
    need = 8 * COPIES * shape[0] * shape[1]
    if need > max_bytes:
        reason = f"reading {shape[0]} × {shape[1]} would take about {need:,} bytes, more than max_bytes = {max_bytes:,}"
        return MatrixStatus.TOO_LARGE, reason
    return None, ""


def _gates(tensor: Tensor, shapes: dict[str, tuple[int, ...]]) -> int:
    """4 for a stack of LSTM gates, 3 for one of a GRU, else 1; the recurrent matrix of the pair tells."""
    recurrent = re.sub(r"(weight_|w_)ih", r"\1hh", tensor.name)
    shape = shapes.get(recurrent, ())
    if re.search(r"(weight_|w_)hh", recurrent) and len(shape) == len(tensor.shape) == 2 and shape[0] == tensor.shape[0]:
        for gates in _GATES:
            if shape[1] and shape[0] == gates * shape[1]:
                return gates
    return 1


def digest(array: NDArray[Any]) -> bytes:
    """A fingerprint of shape, type and numbers: tied weights have the same."""
    plain = np.ascontiguousarray(array)
    words = hashlib.blake2b(f"{plain.shape}{plain.dtype.str}".encode(), digest_size=16)
    words.update(plain.reshape(-1).view(np.uint8).data)
    return words.digest()
