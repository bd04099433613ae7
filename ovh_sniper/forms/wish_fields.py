"""Fields that the forms of wishes share."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

PLAN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
MOST_PLANS = 50


class AmountField(forms.DecimalField):
    """An amount of money with tax; empty: no limit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_digits=12,
            decimal_places=2,
            min_value=0,
            required=False,
            widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
            **options,
        )


class PlanCodesField(forms.Field):
    """One or more codes of plans, each once."""

    widget = forms.SelectMultiple
    default_error_messages = {"required": _("Choose a plan.")}

    def to_python(self, value: Any) -> list[str]:
        """Return the codes. Raises ValidationError."""
        codes = list(dict.fromkeys(str(one).strip() for one in value or [] if str(one).strip()))
        if any(not PLAN_CODE.fullmatch(code) for code in codes):
            raise ValidationError(_("This is not the form of a plan’s code."), code="form")
        if len(codes) > MOST_PLANS:
            message = _("These are too many plans at once: at most %(most)s.")
            raise ValidationError(message, code="many", params={"most": MOST_PLANS})
        return codes


class CodeField(forms.CharField):
    """The code of one plan."""

    def clean(self, value: Any) -> str:
        """Return the code. Raises ValidationError."""
        code: str = super().clean(value)
        if code and not PLAN_CODE.fullmatch(code):
            raise ValidationError(_("This is not the form of a plan’s code."), code="form")
        return code
