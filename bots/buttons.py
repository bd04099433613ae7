"""Typed buttons: a prefix and fields, packed into Telegram's 64 bytes of callback data."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, ClassVar, Self, dataclass_transform

# Bot API: callback_data, 1-64 bytes of UTF-8
MAX_BYTES = 64
SEPARATOR = ":"


class BadButton(ValueError):
    """Callback data that is not what our buttons pack: stale, forged or damaged."""


@dataclass_transform(frozen_default=True, kw_only_default=False)
class Button:
    """Subclass with a prefix and annotated fields of int or str: `class Join(Button, prefix="lj")`.

    Anybody can send any callback data, so a handler must treat the fields as input: fetch objects
    inside the tenant's scope and check that the person may do what the button says.
    """

    prefix: ClassVar[str] = ""
    _types: ClassVar[dict[str, type]] = {}

    def __init_subclass__(cls, prefix: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not prefix or SEPARATOR in prefix:
            raise TypeError(f"{cls.__name__}: the prefix must be short text without {SEPARATOR!r}.")
        cls.prefix = prefix
        dataclasses.dataclass(frozen=True)(cls)
        hints = typing.get_type_hints(cls)
        cls._types = {field.name: hints[field.name] for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        if wrong := [name for name, kind in cls._types.items() if kind not in {int, str}]:
            raise TypeError(f"{cls.__name__}: {', '.join(wrong)} must be int or str.")

    def pack(self) -> str:
        """Return the callback data.

        Raises:
            ValueError: it is over 64 bytes, a text field holds the separator or a NUL.
        """
        values = [str(getattr(self, name)) for name in self._types]
        if any(SEPARATOR in value for value in values):
            raise ValueError(f"{type(self).__name__}: no field may hold {SEPARATOR!r}.")
        # PostgreSQL takes no NUL in a text, and fields end up in queries
        if any("\0" in value for value in values):
            raise ValueError(f"{type(self).__name__}: no field may hold a NUL.")
        data = SEPARATOR.join([self.prefix, *values])
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"{type(self).__name__}: {data!r} is over {MAX_BYTES} bytes.")
        return data

    @classmethod
    def unpack(cls, data: str) -> Self:
        """Return the button that packed to `data`.

        Raises:
            BadButton: other prefix, wrong number of fields, or anything that `pack` would not write
                like this: `int` also reads "+5", "1_0" and digits of other scripts.
        """
        prefix, *values = data.split(SEPARATOR)
        if prefix != cls.prefix or len(values) != len(cls._types):
            raise BadButton(data)
        try:
            fields = [kind(value) for kind, value in zip(cls._types.values(), values, strict=True)]
            button = cls(*fields)
            packed = button.pack()
        except ValueError as error:
            raise BadButton(data) from error
        if packed != data:
            raise BadButton(data)
        if any(isinstance(field, int) and not -(2**63) <= field < 2**63 for field in fields):
            raise BadButton(data)
        return button
