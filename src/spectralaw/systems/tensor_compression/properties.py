"""What the generalisation of a compressible layer is said to depend on, measured: arXiv:2001.05070."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import ours, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.tensor_compression import als, arguments
from spectralaw.systems.tensor_compression.arguments import Array
from spectralaw.systems.tensor_compression.cp import CP, cp
from spectralaw.systems.tensor_compression.network import apply, checked_inputs, sizes


@dataclass(frozen=True, repr=False, eq=False)
class LayerProperties(ByValue, Shown):
    """Sums of scales, and how much of a layer's norm its inputs use."""

    tensorisation: Array
    """t_j = Σ_{r ≤ j} |λ_r|, j = 0 … R."""
    noise: Array
    """ξ_j = Σ_{r > j} |λ_r|, j = 0 … R."""
    cushion: float
    """min over samples of ‖M x‖ / (‖M‖_F ‖x‖)."""
    cushions: Array
    """The same of every sample."""
    relative_error: float
    """Of the decomposition: ξ_j says nothing of what it leaves."""
    status: Status

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Properties of a layer in {len(self.noise) - 1} terms", [
            ("tensorisation t_R", number(float(self.tensorisation[-1]))),
            ("noise ξ_1", number(float(self.noise[1]))),
            ("cushion", f"{number(self.cushion)} over {len(self.cushions)} samples"),
            ("relative error of the terms", number(self.relative_error)),
            ("decomposition", str(self.status)),
        ]


def properties(
    layer: ArrayLike, data: ArrayLike, *, rank: int | None = None, decomposition: CP | None = None, seed: int = 0
) -> LayerProperties:
    """t_j, ξ_j and the cushion of one layer on the data that enter it.

    Parameters
    ----------
    layer : array of shape (outputs, inputs, width, …) or (outputs, inputs)
        A circular convolution, or a dense layer, which is decomposed by its singular values.
    data : array of shape (samples, inputs, width, …) or (samples, inputs)
        What enters the layer; no sample may be all zero.
    rank : int, optional
        Terms R of a kernel; all singular values of a matrix, and for kernels the smaller of outputs and inputs.
    decomposition : CP, optional
        Of the kernel, instead of a fit.

    Raises
    ------
    InvalidInput
        For arrays of other shapes, and samples of zeros.
    """
    weight = arguments.kernel("layer", layer, dense=True)
    values = checked_inputs([weight], data)
    terms = min(weight.shape[:2]) if rank is None else positive_integer("rank", rank)
    if decomposition is not None:
        ours("decomposition", decomposition, "CP")
        if decomposition.shape != weight.shape:
            raise InvalidInput(f"decomposition must be of a kernel of shape {weight.shape}, not {decomposition.shape}")
        scales, error, status = decomposition.scales, decomposition.relative_error, decomposition.status
    elif weight.ndim == 2:
        fit = als.matrix_fit(weight[:, :, None], terms)
        scales, error, status = fit.scales, fit.error, Status.CONVERGED
    else:
        fitted = cp(weight, terms, seed=seed)
        scales, error, status = fitted.scales, fitted.relative_error, fitted.status
    cushions = sizes(apply(weight, values)) / (float(np.linalg.norm(weight)) * sizes(values))
    return LayerProperties(
        np.concatenate([[0.0], np.cumsum(scales)]),
        np.concatenate([np.cumsum(scales[::-1])[::-1], [0.0]]),
        float(cushions.min()),
        cushions,
        error,
        status,
    )
