"""The norm of a deep network: spectral complexity, in the form of Bartlett, Foster and Telgarsky."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import choice, vector
from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import matrix
from spectralaw.weights.load import load

Array = NDArray[np.float64]
_LARGEST = float(np.log(np.finfo(float).max))


def spectral_complexity(
    weights: Any,
    *,
    references: Sequence[Any] | None = None,
    lipschitz: Any = 1.0,
    scale: str = "value",
) -> float:
    """Spectral complexity of a network x ↦ ρ_L(A_L … ρ_1(A_1 x)).

        R = (Π_i ρ_i ‖A_i‖) (Σ_i (‖(A_i − M_i)ᵀ‖₂,₁ / ‖A_i‖)^{2/3})^{3/2}

    ‖A‖ is the largest singular value; ‖Bᵀ‖₂,₁ the sum of the Euclidean norms of the rows of B. It plays the norm of
    the weights in the learning curves of deep networks, see :func:`dynamical_laws`.

    Parameters
    ----------
    weights : list of array_like, or what ``weights.load`` reads
        A_1, …, A_L from the input to the output, each of shape (outputs, inputs), inputs those that the layer before
        puts out. A path, a mapping name → array or a module is taken in its own order. Biases and kernels of
        convolutions are refused: a convolution counts by the matrix of the linear map that it is.
    references : list of array_like, optional
        M_1, …, M_L, such as the weights before training; zero by default.
    lipschitz : float or list of float
        ρ_i, the Lipschitz constants of the activations, for all layers or for each; 1 for ReLU and tanh.
    scale : {"value", "logarithm"}
        The complexity itself or its natural logarithm, for networks so deep that it is no number of 64 bits.

    Returns
    -------
    float
        0 (or −inf) if a layer is zero and its reference too.

    Raises
    ------
    InvalidInput
        For layers that are no matrices of finite numbers or do not fit onto each other, and what is said above.

    References
    ----------
    arXiv:1706.08498 (the form), arXiv:2505.13230 (its use for learning curves).
    """
    choice("scale", scale, ("value", "logarithm"))
    layers = _chain(_layers("weights", weights))
    origins = [np.zeros((1, 1))] * len(layers) if references is None else _layers("references", references)
    if len(origins) != len(layers):
        raise InvalidInput(f"references must be {len(layers)} matrices, one for each layer, not {len(origins)}")
    for k, (layer, origin) in enumerate(zip(layers, origins, strict=True)):
        if references is not None and origin.shape != layer.shape:
            raise InvalidInput(f"references: matrix {k} must be of shape {layer.shape}, not {origin.shape}")
    bends = vector("lipschitz", lipschitz, or_number=True)
    if np.any(bends <= 0.0):
        raise InvalidInput(f"lipschitz must be greater than 0, not {bends.min():g}")
    if bends.size not in (1, len(layers)):
        raise InvalidInput(f"lipschitz must be one number or {len(layers)}, not {bends.size}")
    units = [float(np.abs(layer).max(initial=0.0)) or 1.0 for layer in layers]  # squares of what is left stay numbers
    with np.errstate(divide="ignore"):
        top = np.array([np.log(np.linalg.norm(a / u, 2)) + np.log(u) for a, u in zip(layers, units, strict=True)])
        rows = np.array([_log_row_norms(a - m) for a, m in zip(layers, origins, strict=True)])
    # (Σ_i (‖…‖_i Π_{j≠i} ‖A_j‖)^{2/3})^{3/2}: no division by a layer that may be zero
    others = np.array([np.sum(np.delete(top, i)) for i in range(len(layers))])
    logarithm = 1.5 * float(np.logaddexp.reduce((rows + others) * (2.0 / 3.0)))
    logarithm += float(np.sum(np.log(np.broadcast_to(bends, top.shape))))
    if scale == "logarithm":
        return logarithm
    if logarithm > _LARGEST:
        raise InvalidInput(f"weights have a complexity of e^{logarithm:.6g}, beyond 64 bits: ask for scale='logarithm'")
    return float(np.exp(logarithm))


def _log_row_norms(matrix: Array) -> float:
    unit = float(np.abs(matrix).max(initial=0.0))
    if unit == 0.0:
        return -np.inf
    return float(np.log(np.sum(np.linalg.norm(matrix / unit, axis=1))) + np.log(unit))


def _layers(name: str, weights: Any) -> list[Array]:
    if isinstance(weights, (list, tuple)):
        found = [(f"matrix {k}", one, False) for k, one in enumerate(weights)]
    else:
        found = [(repr(t.name), t.read(), t.output_last) for t in load(weights).tensors]
    if not found:
        raise InvalidInput(f"{name} must be at least one matrix, not an empty list")
    return [_matrix(name, label, one, turned) for label, one, turned in found]


def _matrix(name: str, label: str, values: Any, turned: bool) -> Array:
    if isinstance(values, np.ma.MaskedArray):
        raise InvalidInput(f"{name}: {label} must be a matrix without a mask")
    values = values.detach().cpu() if hasattr(values, "detach") else values
    dimensions = getattr(values, "ndim", 2)
    if dimensions != 2:
        what = {1: "a bias", 0: "a number"}.get(
            dimensions, "a convolution, which counts by the matrix of its linear map,"
        )
        raise InvalidInput(
            f"{name}: {label} must be a matrix of shape (outputs, inputs), not {what} of shape {tuple(values.shape)}"
        )
    array = matrix(f"{name}: {label}", values)
    return array.T if turned else array


def _chain(layers: list[Array]) -> list[Array]:
    for k, (before, after) in enumerate(pairwise(layers)):
        if after.shape[1] != before.shape[0]:
            raise InvalidInput(
                f"weights: matrix {k + 1} takes {after.shape[1]} inputs, but the one before puts out "
                f"{before.shape[0]}: each must be of shape (outputs, inputs), from the input to the output"
            )
    return layers
