"""Another threshold to replay over what was read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from traffic_guard.services.readings.words import GB


class WhatIfForm(forms.Form):
    """All empty: the policy as it is."""

    gb = forms.DecimalField(
        label=_("Stop at (GB left)"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=3,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
    percent = forms.FloatField(
        # the sign is no placeholder, xgettext:no-python-format
        label=_("or at (% left)"),
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
    grace = forms.IntegerField(
        label=_("Time to object (minutes)"), required=False, min_value=0, max_value=1440
    )

    def terms(self) -> dict[str, Any]:
        """Return what the valid form asks for, as `whatif.replay` takes it."""
        given = self.cleaned_data
        size: Decimal | None = given["gb"]
        minutes = given["grace"]
        return {
            "threshold_bytes": None if size is None else int(size * GB),
            "threshold_percent": given["percent"],
            "grace": None if minutes is None else timedelta(minutes=minutes),
        }
