"""Files of weights written by hand, well formed and hostile, without the libraries that usually write them."""

from __future__ import annotations

import json
import struct
import zipfile

import numpy as np

TORCH = {"float32": "FloatStorage", "float64": "DoubleStorage", "int64": "LongStorage", "bfloat16": "BFloat16Storage"}


class Call:
    """A function of a module, called in a pickle."""

    def __init__(self, module, name, *arguments, build=None):
        self.module, self.name, self.arguments, self.build = module, name, arguments, build


class Name(Call):
    """A name of a module, not called."""


class Persistent:
    """A persistent identity."""

    def __init__(self, identity):
        self.identity = identity


def opcodes(value) -> bytes:
    """Instructions of protocol 2 that put a value on the stack."""
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(raw)]) + raw
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return b"}(" + b"".join(opcodes(k) + opcodes(v) for k, v in value.items()) + b"u"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(opcodes, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(opcodes, value)) + b"e"
    if isinstance(value, Persistent):
        return opcodes(value.identity) + b"Q"
    name = f"c{value.module}\n{value.name}\n".encode()
    if isinstance(value, Name):
        return name
    built = b"" if value.build is None else opcodes(value.build) + b"b"
    return name + opcodes(value.arguments) + b"R" + built


def pickled(value) -> bytes:
    return b"\x80\x02" + opcodes(value) + b"."


def storage(key, dtype, size, legacy=False):
    identity = ("storage", Name("torch", TORCH[dtype]), key, "cpu", size)
    return Persistent((*identity, None) if legacy else identity)


def tensor(block, shape, stride, offset=0):
    hooks = Call("collections", "OrderedDict")
    return Call("torch._utils", "_rebuild_tensor_v2", block, offset, tuple(shape), tuple(stride), False, hooks)


def plain(key, array, dtype=None, legacy=False):
    """A contiguous tensor of its own storage."""
    stride = [s // array.itemsize for s in array.strides]
    return tensor(storage(key, dtype or array.dtype.name, array.size, legacy), array.shape, stride)


def torch_zip(path, content, storages, folder="archive", compression=zipfile.ZIP_STORED, big=False):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(f"{folder}/data.pkl", content if isinstance(content, bytes) else pickled(content))
        archive.writestr(f"{folder}/byteorder", "big" if big else "little")
        for key, block in storages.items():
            archive.writestr(f"{folder}/data/{key}", block)
        archive.writestr(f"{folder}/version", "3\n")
    return path


def torch_legacy(path, content, storages, magic=0x1950A86A20F9469CFC6C):
    """``storages``: key → (number of entries, bytes)."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    raw = pickled(magic) + pickled(1001) + pickled(system)
    raw += content if isinstance(content, bytes) else pickled(content)
    raw += pickled(list(storages))
    for count, block in storages.values():
        raw += struct.pack("<q", count) + block
    path.write_bytes(raw)
    return path


def safetensors(path, header, data=b"", length=None):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + data)
    return path


def entry(dtype, shape, first, last):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [first, last]}


def npy(descr="'<f4'", shape="(2, 2)", data=b"\0" * 16, order="False", version=1, header=None):
    text = header or f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    raw = text.encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(raw)) + raw + data


def bfloat16(array):
    """Upper halves of float32 numbers, cut off."""
    return (np.asarray(array, dtype="<f4").view("<u4") >> 16).astype("<u2")
