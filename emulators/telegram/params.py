"""Typed reading of Bot API parameters, which all arrive as text."""

from typing import Any

import orjson

from emulators.forms import Form, Upload
from emulators.telegram.errors import bad


class Params:
    """The parameters of one call."""

    def __init__(self, form: Form) -> None:
        self.values = form.values
        self.files = form.files

    def text(self, name: str, default: str = "") -> str:
        """A string parameter."""
        return self.values.get(name, default)

    def has(self, name: str) -> bool:
        """Was it given?"""
        return name in self.values or name in self.files

    def flag(self, name: str) -> bool:
        """A boolean as the server reads it."""
        return self.values.get(name, "").strip().lower() in ("true", "yes", "1")

    def integer(self, name: str, default: int = 0) -> int:
        """An integer; anything unreadable is the default, as on the server."""
        try:
            return int(self.values.get(name, default))
        except ValueError:
            return default

    def json(self, name: str, text: str = "") -> Any:
        """A JSON parameter, None when absent; raises ApiError 400 with `text`."""
        raw = self.values.get(name, "")
        if not raw:
            return None
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise bad(text or f"can't parse {name} JSON object") from error

    def upload(self, name: str) -> Upload | None:
        """An uploaded file: the field itself, or the part it names with attach://."""
        if name in self.files:
            return self.files[name]
        value = self.values.get(name, "")
        if value.startswith("attach://"):
            return self.files.get(value.removeprefix("attach://"))
        return None
