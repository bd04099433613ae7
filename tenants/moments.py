"""A form's field for a date with its time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LOCAL = "%Y-%m-%dT%H:%M"
YEARS = range(2000, 2101)


class MomentField(forms.DateTimeField):
    """Date and time on the clocks of the tenant's time zone."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})
        super().__init__(widget=widget, **options)

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment. Raises ValidationError."""
        moment = super().to_python(value)
        if moment is not None and moment.year not in YEARS:
            raise ValidationError(_("This date is too far away."), code="far")
        return moment
