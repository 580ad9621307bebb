"""The state of a page in its address: read with one sentence for what is wrong, written so that it reads back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from spectralaw._checks import choice, shown
from spectralaw.errors import InvalidInput
from spectralaw.explorer.fields import DEFAULTS, OF_INPUTS, OF_TEACHER, ORDER

TABS = {
    "theory": ORDER,
    "sweeps": ("store", "x", "y", "by", "draw", "of"),
    "weights": ("path", "matrix"),
    "curves": ("table", "x_column", "y_column", "forecast"),
}
"""What the address of each tab may hold."""
LONGEST = 24_000
"""Characters of an address that is read; what would be longer is not written into a link."""


@dataclass(frozen=True)
class Address:
    """A tab and the texts of its fields; what is absent has its default."""

    tab: str
    values: Mapping[str, str]

    def query(self) -> str:
        """The part of an address after its question mark; fields at their defaults, and those not in use, are left
        out."""
        return write(self.tab, self.values)


def read(text: str) -> Address:
    """The state that an address, or the part after its question mark, describes.

    Raises
    ------
    InvalidInput
        For an unknown tab or field, or a field twice; values are judged by whoever uses them.
    """
    if len(text) > LONGEST:
        raise InvalidInput(f"a view must be given in at most {LONGEST:,} characters, not {len(text):,}")
    query = urlsplit(text).query if "?" in text else text
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict", max_num_fields=60)
    except ValueError as error:
        raise InvalidInput(f"a view must be field=value pairs with & between, not {shown(text)}") from error
    pairs = [(name, value) for name, value in pairs if name != "token"]
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(
            f"a view must have each field once, but {shown(twice)} stands in it {names.count(twice)} times"
        )
    values = dict(pairs)
    tab = choice("tab", values.pop("tab", "theory"), TABS)
    unknown = next((name for name in values if name not in TABS[tab]), None)
    if unknown is not None:
        raise InvalidInput(f"unknown field {shown(unknown)} of the {tab} tab; it has {', '.join(TABS[tab])}")
    return Address(tab, values)


def write(tab: str, values: Mapping[str, str | None]) -> str:
    """The query of an address; see :meth:`Address.query`."""
    given = {name: str(value) for name, value in values.items() if value is not None and name in TABS[tab]}
    if tab == "theory":
        given = {name: value for name, value in given.items() if name in _used(given) and value != DEFAULTS[name]}
    else:
        given = {name: value for name, value in given.items() if value != ""}
    pairs = [
        *([("tab", tab)] if tab != "theory" else []),
        *((name, given[name]) for name in TABS[tab] if name in given),
    ]
    return urlencode(pairs)


def _used(values: Mapping[str, str]) -> set[str]:
    full = {**DEFAULTS, **values}
    unused: set[str] = {name for names in (*OF_TEACHER.values(), *OF_INPUTS.values()) for name in names}
    unused -= {*OF_TEACHER.get(full["teacher"], ()), *OF_INPUTS.get(full["inputs"], ())}
    return {name for name in ORDER if name not in unused}
