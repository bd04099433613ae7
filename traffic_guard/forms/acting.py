"""What is asked before servers are stopped, started, rebooted, protected or left alone."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

HOURS = [
    ("1", _("1 hour")),
    ("6", _("6 hours")),
    ("24", _("1 day")),
    ("72", _("3 days")),
    ("168", _("1 week")),
]


class PauseForm(forms.Form):
    """How long automatic stops rest."""

    hours = forms.TypedChoiceField(label=_("For how long"), choices=HOURS, coerce=int, initial="24")


class PowerForm(forms.Form):
    """How a server is stopped or rebooted."""

    is_hard = forms.BooleanField(
        label=_("Cut the power instead of asking the system"),
        required=False,
        help_text=_("For one that does not answer; what it has not written yet is lost."),
    )
