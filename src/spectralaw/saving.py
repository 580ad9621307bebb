"""Results in a file: an .npz with a JSON header and the arrays, no pickle, exact to the last bit.

The header holds the fields of a dataclass as plain JSON; how they are read back is told by the annotations of the
class, so that a file can make nothing but the class that was asked for.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import io
import json
import math
import os
import struct
import types
import typing
import zipfile
import zlib
from pathlib import Path
from typing import Any, Self

import numpy as np

from spectralaw._checks import shown
from spectralaw._version import __version__
from spectralaw.errors import InvalidInput
from spectralaw.files import file_path, write_bytes

FORMAT = 1
"""Of the files; a newer one is refused."""
_HEADER = "spectralaw"
_TAKEN = (_HEADER, "file", "allow_pickle")  # by the header, and by arguments of numpy.savez


class Saved:
    """A result that can be written to a file, and read back as the same result."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write to a file of exactly this name, in NumPy's .npz format without pickle; returns its path."""
        arrays: dict[str, np.ndarray] = {}
        fields = _plain(self, arrays)
        header = {"format": FORMAT, "kind": type(self).__name__, "version": __version__, "fields": fields}
        text = json.dumps(header, allow_nan=False).encode("ascii")
        content = io.BytesIO()
        np.savez(content, **{_HEADER: np.frombuffer(text, np.uint8)}, **arrays)  # type: ignore[arg-type]
        return write_bytes(path, content.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The result that :meth:`save` wrote.

        Raises
        ------
        InvalidInput
            For a file that cannot be read, is none of ours, is cut off, is newer than this version, or holds a
            result of another kind.
        """
        where = file_path(path)
        header, arrays = _read(where)
        if header["kind"] != cls.__name__:
            raise InvalidInput(f"{where} holds a {header['kind']}, not a {cls.__name__}")
        try:
            return _build(cls, header["fields"], arrays)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(f"{where} is not a whole {cls.__name__}: {shown(str(error))}") from error

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what was computed from them is computed again."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]


def kind(path: str | os.PathLike[str]) -> str:
    """Name of the class of the result in a file."""
    return str(_read(file_path(path))[0]["kind"])


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    foreign = InvalidInput(f"{path} is not a result that spectralaw saved, or it is cut off")
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile) or _HEADER not in file.files:
                raise foreign
            header = json.loads(file[_HEADER].tobytes().decode("ascii"))
            version = header["format"]
            if not isinstance(version, int) or version > FORMAT:
                raise InvalidInput(
                    f"{path} was written by spectralaw {header.get('version')}, in a newer format than this version "
                    f"({__version__}) can read"
                )
            _ = header["kind"], header["fields"]  # a missing one speaks now
            arrays = {name: file[name] for name in file.files if name != _HEADER}
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from error
    except InvalidInput:
        raise
    except (ValueError, EOFError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise foreign from error
    except (
        NotImplementedError,
        RuntimeError,
        MemoryError,
        SyntaxError,
        struct.error,
    ) as error:  # hostile members of the archive
        raise foreign from error
    return header, arrays


def _plain(value: Any, arrays: dict[str, np.ndarray], place: tuple[str, ...] = ()) -> Any:
    """A value as JSON; arrays are put aside under the name of their field, or of the whole way to it where taken."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "iufb":
            raise TypeError(f"an array of {value.dtype} cannot be saved")
        for known, array in arrays.items():
            if array is value:  # once, wherever it occurs
                return known
        name = place[-1] if place and place[-1] not in {*arrays, *_TAKEN} else ".".join(place)
        arrays[name] = value
        return name
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if hasattr(value, "to_dict") and hasattr(type(value), "from_dict"):  # a task
        value = value.to_dict()
    if dataclasses.is_dataclass(value):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, collections.abc.Mapping):
        return {str(name): _plain(one, arrays, (*place, str(name))) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one, arrays, (*place, str(k))) for k, one in enumerate(value)]
    raise TypeError(f"a {type(value).__name__} cannot be saved")


def _build(kind: Any, value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """A value of an annotated kind from what :func:`_plain` made of it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if hasattr(origin, "__value__"):  # an alias by a type statement, as NDArray is from Python 3.12 and numpy 2.5 on
        return _build(origin.__value__, value, arrays)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _build(next(one for one in arguments if one is not type(None)), value, arrays)
    if origin is np.ndarray or kind is np.ndarray:
        return arrays[value]
    if origin is tuple:
        each = arguments[:1] * len(value) if arguments[1:] == (Ellipsis,) else arguments
        return tuple(_build(one, part, arrays) for one, part in zip(each, value, strict=True))
    if origin is list:
        return [_build(arguments[0], part, arrays) for part in value]
    if origin in (dict, collections.abc.Mapping):
        return {name: _build(arguments[1], part, arrays) for name, part in value.items()}
    if kind is float:
        if isinstance(value, bool) or (isinstance(value, str) and value not in ("nan", "inf", "-inf")):
            raise TypeError(f"{shown(value)} is not a number")
        return value if isinstance(value, int) else float(value)
    if kind in (int, str, bool):
        if not isinstance(value, kind):
            raise TypeError(f"{shown(value)} is not of kind {kind.__name__}")
        return value
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(value)
    if hasattr(kind, "from_dict"):
        return kind.from_dict(value)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        names = [f.name for f in dataclasses.fields(kind)]
        if set(value) - set(names):
            raise TypeError(f"unknown field {sorted(set(value) - set(names))[0]!r}")
        return kind(**{name: _build(hints[name], value[name], arrays) for name in names if name in value})  # type: ignore[operator]
    raise TypeError(f"a {kind} cannot be loaded")
