"""Which wishes the list shows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ovh_sniper.models import Wish
from ovh_sniper.models.accounts import HOSTS

LONGEST = 100


class WishFilter(forms.Form):
    """Everything is optional; what is no choice is left out."""

    q = forms.CharField(label=_("Search"), required=False)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("all")), *Wish.State.choices]
    )
    mode = forms.ChoiceField(
        label=_("When it appears"), required=False, choices=[("", _("all")), *Wish.Mode.choices]
    )
    host = forms.ChoiceField(label=_("Host"), required=False, choices=[("", _("all")), *HOSTS])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_valid()
        self.chosen = {
            name: self.cleaned_data.get(name) or "" for name in ("state", "mode", "host")
        }
        self.words = str(self.cleaned_data.get("q") or "")[:LONGEST].split()

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words) or any(self.chosen.values())

    def condition(self) -> Q:
        """Return what a wish must be to show."""
        wanted = Q(**{name: value for name, value in self.chosen.items() if value})
        for word in self.words:
            wanted &= Q(name__icontains=word) | Q(plan_code__icontains=word)
        return wanted
