"""A pickle read as data: its instructions are followed on plain containers, and no name in it is ever imported.

Only what PyTorch needs to describe tensors is known: dictionaries, lists, tuples, numbers, strings, storages and the
two functions that make a tensor of one. Everything else is refused by name. The arguments of instructions are
decoded by the standard library, and a pickle can use no more memory than a small multiple of its size.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

from spectralaw.weights.files.dtypes import TORCH_STORAGES
from spectralaw.weights.files.tensor import UnreadableWeights
from spectralaw.weights.row import MatrixStatus

LARGEST_PICKLE = 64 << 20
_MOST_INSTRUCTIONS = 1_000_000  # a tensor takes about 40
_MOST_DIMENSIONS = 64


class Readable(Protocol):
    """What instructions are read from."""

    def read(self, count: int = -1, /) -> bytes: ...
    def readline(self) -> bytes: ...
    def tell(self) -> int: ...


@dataclass(frozen=True)
class Global:
    """A name that a pickle asks for."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Storage:
    """A block of numbers of one type, kept outside the pickle under a key."""

    key: str
    dtype: str
    size: int
    """Entries, as the pickle says."""
    offset: int = 0
    """Where this view of the block begins."""


@dataclass(frozen=True)
class View:
    """A tensor: a strided view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class Pairs(list[tuple[Any, Any]]):
    """A dictionary as its pairs: keys are not hashed, so that no key can take forever to hash."""


_ORDERED_DICT = Global("collections", "OrderedDict")
_SIZE = Global("torch", "Size")
_TENSOR = Global("torch._utils", "_rebuild_tensor_v2")
_PARAMETER = Global("torch._utils", "_rebuild_parameter")
_STORAGES = {Global("torch", name): dtype for name, dtype in TORCH_STORAGES.items()}
ALLOWED = frozenset({_ORDERED_DICT, _SIZE, _TENSOR, _PARAMETER, *_STORAGES})

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_DICT": Pairs, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_LITERALS = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT BINSTRING SHORT_BINSTRING BINUNICODE "
    "SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8".split()
)
_MARK = object()
_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}


class Refused(UnreadableWeights):
    """A pickle that asks for more than tensors need."""


def load(file: Readable, name: str) -> Any:
    """The object that one pickle describes; ``file`` is left at its end."""

    def malformed(what: str) -> UnreadableWeights:
        return UnreadableWeights(MatrixStatus.MALFORMED, f"{name} is no valid pickle: {what}")

    stack: list[Any] = []
    memo: dict[int, Any] = {}

    def since_mark() -> list[Any]:
        at = len(stack) - 1
        while at >= 0 and stack[at] is not _MARK:
            at -= 1
        if at < 0:
            raise malformed("an instruction lacks its mark")
        items = stack[at + 1 :]
        del stack[at:]
        return items

    try:
        for count, (word, argument) in enumerate(_instructions(file)):
            if count >= _MOST_INSTRUCTIONS:
                raise malformed(f"it has more than {_MOST_INSTRUCTIONS:,} instructions")
            if word in _LITERALS:
                stack.append(argument)
            elif word in _CONSTANTS:
                stack.append(_CONSTANTS[word])
            elif word in _EMPTY:
                stack.append(_EMPTY[word]())
            elif word in ("PROTO", "FRAME"):
                continue
            elif word == "MARK":
                stack.append(_MARK)
            elif word in ("BINPUT", "LONG_BINPUT", "PUT"):
                memo[int(argument)] = stack[-1]
            elif word == "MEMOIZE":
                memo[len(memo)] = stack[-1]
            elif word in ("BINGET", "LONG_BINGET", "GET"):
                stack.append(memo[int(argument)])
            elif word in ("TUPLE1", "TUPLE2", "TUPLE3"):
                length = int(word[-1])
                if len(stack) < length or any(item is _MARK for item in stack[-length:]):
                    raise malformed("a tuple lacks its items")
                stack[-length:] = [tuple(stack[-length:])]
            elif word == "TUPLE":
                stack.append(tuple(since_mark()))
            elif word == "LIST":
                stack.append(since_mark())
            elif word == "DICT":
                items = since_mark()
                stack.append(Pairs(zip(items[::2], items[1::2], strict=True)))
            elif word == "APPEND":
                item = stack.pop()
                _list(stack[-1], malformed).append(item)
            elif word == "APPENDS":
                items = since_mark()
                _list(stack[-1], malformed).extend(items)
            elif word == "SETITEM":
                value, key = stack.pop(), stack.pop()
                _dict(stack[-1], malformed).append((key, value))
            elif word == "SETITEMS":
                items = since_mark()
                _dict(stack[-1], malformed).extend(zip(items[::2], items[1::2], strict=True))
            elif word in ("GLOBAL", "STACK_GLOBAL"):
                if word == "GLOBAL":
                    module, _, attribute = str(argument).partition(" ")
                else:
                    attribute, module = stack.pop(), stack.pop()
                stack.append(_known(Global(str(module), str(attribute)), name))
            elif word == "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(_call(function, arguments, malformed))
            elif word == "BINPERSID":
                stack.append(_storage(stack.pop(), malformed))
            elif word == "BUILD":
                stack.pop()  # attributes of an OrderedDict, such as versions: no weights
                _dict(stack[-1], malformed)
            elif word == "POP":
                stack.pop()
            elif word == "POP_MARK":
                since_mark()
            elif word == "DUP":
                stack.append(stack[-1])
            elif word == "STOP":
                if len(stack) != 1 or stack[0] is _MARK:
                    raise malformed("it ends before it is complete")
                return stack[0]
            else:
                raise Refused(
                    MatrixStatus.REFUSED_PICKLE,
                    f"{name} is refused (refused_pickle): its pickle uses {word}, an instruction that no tensor needs",
                )
    except UnreadableWeights:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise malformed("its instructions do not fit together, or it is cut off") from error
    raise malformed("it does not end")


def _instructions(file: Readable) -> Iterator[tuple[str, Any]]:
    """Names and arguments, decoded by the standard library; the argument of a quoted STRING is not, for it may warn."""
    while True:
        opcode = _OPCODES[file.read(1).decode("latin-1")]
        read = None if opcode.arg is None or opcode.name == "STRING" else opcode.arg.reader
        yield opcode.name, None if read is None else read(cast(Any, file))
        if opcode.name == "STOP":
            return


def first_global(data: bytes) -> Global | None:
    """The first name that a pickle asks for, to say in a refusal."""
    strings: list[str] = []
    try:
        for word, argument in _instructions(io.BytesIO(data)):
            if word in ("GLOBAL", "INST"):
                module, _, attribute = str(argument).partition(" ")
                return Global(module, attribute)
            if word == "STACK_GLOBAL" and len(strings) >= 2:
                return Global(strings[-2], strings[-1])
            if isinstance(argument, str):
                strings.append(argument)
    except (ValueError, IndexError, KeyError):
        return None
    return None


def _known(asked: Global, name: str) -> Global:
    if asked not in ALLOWED:
        shown = str(asked)[:120]
        raise Refused(
            MatrixStatus.REFUSED_PICKLE,
            f"{name} is refused (refused_pickle): its pickle asks for {shown}, which no tensor needs; nothing was run",
        )
    return asked


def _list(target: Any, malformed: Any) -> list[Any]:
    if type(target) is not list:
        raise malformed("items are added to what is no list")
    return target


def _dict(target: Any, malformed: Any) -> Pairs:
    if type(target) is not Pairs:
        raise malformed("keys are set in what is no dictionary")
    return target


def _call(function: Any, arguments: Any, malformed: Any) -> Any:
    if not isinstance(function, Global) or type(arguments) is not tuple:
        raise malformed("it calls what is no function")
    if function == _ORDERED_DICT:
        if not arguments:
            return Pairs()
        if len(arguments) == 1 and type(arguments[0]) is list:  # Python 2 lists the pairs; taken over, not copied
            pairs = Pairs((key, value) for key, value in arguments[0])
            arguments[0].clear()
            return pairs
    elif function == _SIZE:
        if len(arguments) == 1 and type(arguments[0]) in (tuple, list) and len(arguments[0]) <= _MOST_DIMENSIONS:
            return tuple(arguments[0])
    elif function == _PARAMETER:
        if arguments and isinstance(arguments[0], View):
            return arguments[0]
    elif function == _TENSOR and len(arguments) >= 4:
        storage, offset, shape, stride = arguments[:4]
        whole = type(shape) is tuple and type(stride) is tuple and len(shape) == len(stride)
        if whole and isinstance(storage, Storage) and all(type(k) is int for k in (offset, *shape, *stride)):
            return View(storage, offset, shape, stride)
    raise malformed(f"{function} is called with arguments that it does not take")


def _storage(identity: Any, malformed: Any) -> Storage:
    if type(identity) is tuple and len(identity) >= 5 and identity[0] == "storage":
        kind, key, size = identity[1], identity[2], identity[4]
        dtype = _STORAGES.get(kind) if isinstance(kind, Global) else None
        view = identity[5] if len(identity) > 5 else None
        offset = view[1] if type(view) is tuple and len(view) == 3 else 0
        if dtype is not None and type(key) is str and type(size) is int and size >= 0 and type(offset) is int:
            return Storage(key, dtype, size, offset)
    raise malformed("a storage is described in an unknown way")
