"""Parts of forms: fields for secrets, which never show the stored one, and options in two lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    _Field = forms.Field
else:
    _Field = object


def option(name: Any, explained: Any) -> SafeString:
    """Return the label of a choice: its name, and a smaller line that says what it means."""
    return format_html(
        '<span class="option"><strong>{}</strong><small>{}</small></span>', name, explained
    )


class SecretInput(forms.PasswordInput):
    """A box that browsers neither fill in nor insist on while a value is stored."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "new-password", **(attrs or {})}, render_value=False)

    def use_required_attribute(self, initial: Any) -> bool:
        """Tell browsers to insist only where nothing is stored yet."""
        return super().use_required_attribute(initial) and not initial


class WriteOnly(_Field):
    """Left empty, the stored value stays; whatever the widget, it is never rendered."""

    def prepare_value(self, value: Any) -> Any:
        """Show nothing."""
        del value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether something was typed."""
        del initial
        return data not in self.empty_values

    def _clean_bound_field(self, bound: forms.BoundField) -> Any:
        empty, stored = self.empty_values, bound.initial
        if self.disabled or (bound.data in empty and stored not in empty):
            return stored
        return self.clean(bound.data)


class SecretField(WriteOnly, forms.CharField):
    """A secret text."""


class SecretJSONField(WriteOnly, forms.JSONField):
    """A secret JSON object."""
