"""Number formats, their words in each file format, and bytes turned into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAFETENSORS = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3",
    "F8_E5M2": "float8_e5m2",
    "F8_E8M0": "float8_e8m0",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
}
TORCH_STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
FLOATS = ("float64", "float32", "float16", "bfloat16")


def item_size(dtype: str) -> int:
    """Bytes of one entry."""
    if dtype.startswith("float8"):
        return 1
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def stored_as(dtype: str, big_endian: bool = False) -> np.dtype[Any]:
    """The NumPy type whose bytes are the same."""
    words = {"bfloat16": "u2"}
    plain = np.dtype("u1" if dtype.startswith("float8") else words.get(dtype, dtype))
    return plain.newbyteorder(">" if big_endian else "<")


def decoded(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Numbers from the bytes of :func:`stored_as`: bfloat16 is the upper half of a float32."""
    if dtype != "bfloat16":
        return array
    wide = array.astype(np.uint32)
    wide <<= 16
    return wide.view(np.float32)


def word_for(dtype: np.dtype[Any]) -> str:
    """NumPy's word for a type; ml_dtypes' own types keep their name."""
    return dtype.name
