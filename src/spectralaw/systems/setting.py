"""What the settings of all systems share: to and from plain values, and copies with changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput


class Setting:
    """Base of the frozen dataclasses that say what is asked of a system; each checks itself when made."""

    def to_dict(self) -> dict[str, Any]:
        """Fields by name, settings within as dictionaries, arrays as lists."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self) if f.init}  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The setting of such a dictionary.

        Raises
        ------
        InvalidInput
            For names that are none of its fields, fields without a value, and values that cannot be.
        """
        if not isinstance(values, Mapping):
            raise InvalidInput(f"values must be a mapping of names to values, not {shown(values)}")
        fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
        for name in values:
            if name not in fields:
                raise InvalidInput(f"{cls.__name__} has the fields {', '.join(fields)}, not {shown(name)}")
        for name, f in fields.items():
            if name not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
                raise InvalidInput(f"{cls.__name__} needs a value of {name}")
        return cls(**{name: cls._from_plain(name, value) for name, value in values.items()})

    @classmethod
    def _from_plain(cls, name: str, value: Any) -> Any:
        """A field's value from what ``to_dict`` made of it; settings with settings inside say how."""
        return value

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked again."""
        return type(self).from_dict({**{f: getattr(self, f) for f in self.to_dict()}, **changes})


def _plain(value: Any) -> Any:
    if isinstance(value, Setting):
        return value.to_dict()
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
