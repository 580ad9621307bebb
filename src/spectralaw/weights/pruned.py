"""What pruning did to weights: one row a matrix, exact errors of the weights, parameters kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PrunedMatrix:
    """What pruning did to one matrix W."""

    name: str
    shape: tuple[int, ...]
    keep: int
    """Singular values that remain, k; min(p, n) for a matrix that was left as it is."""
    relative_error: float
    """‖W − Ŵ‖_F / ‖W‖_F, of the numbers as they are written. An error of the weights, not of the function."""
    operator_error: float
    """‖W − Ŵ‖, the largest singular value of the difference."""
    parameters: float
    """Numbers that describe Ŵ over those of W: k (p + n + 1) / (p n); 1 for a matrix left as it is."""
    written: str
    """``factors``, ``dense`` (rank k, but as many numbers as before) or ``unchanged``."""
    reason: str = ""
    """Why it was left as it is."""
    output_error: float | None = None
    """‖(W − Ŵ) X‖_F / ‖W X‖_F, where inputs X of this matrix were given."""

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words; what was not computed is absent."""
        values = {**self.__dict__, "shape": list(self.shape)}
        return {key: value for key, value in values.items() if value is not None and value != ""}


@dataclass(frozen=True)
class PrunedWeights:
    """Outcome of pruning a source of weights."""

    source: str
    method: str
    matrices: tuple[PrunedMatrix, ...]
    passed_over: int
    """Tensors that are no matrices to read (vectors, small ones …); they are written as they are."""
    parameters_before: int
    parameters_after: int
    """Numbers that describe all tensors, matrices of rank k by their factors."""
    out: str | None = None
    """The file that was written."""
    bytes_written: int = field(default=0)

    def __getitem__(self, name: str) -> PrunedMatrix:
        for matrix in self.matrices:
            if matrix.name == name:
                return matrix
        raise KeyError(name)

    def __iter__(self) -> Iterator[PrunedMatrix]:
        return iter(self.matrices)

    def __len__(self) -> int:
        return len(self.matrices)

    @property
    def parameters(self) -> float:
        """Share of the parameters that is kept, over all tensors."""
        return self.parameters_after / max(self.parameters_before, 1)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {
            "source": self.source,
            "method": self.method,
            "parameters": self.parameters,
            "parameters_before": self.parameters_before,
            "parameters_after": self.parameters_after,
            "passed_over": self.passed_over,
            **({"out": self.out, "bytes_written": self.bytes_written} if self.out is not None else {}),
            "matrices": [matrix.to_dict() for matrix in self.matrices],
        }
