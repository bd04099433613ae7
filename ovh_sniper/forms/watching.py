"""What every wish says, whatever it watches: its name, its hours, its end, who tells of it."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from bots.models import Bot
from ovh_sniper.models import Wish
from ovh_sniper.services.telling import recipients
from tenants import schedules
from tenants.moments import MomentField

DAYS = [(str(day), WEEKDAYS_ABBR[day]) for day in schedules.EVERY_DAY]


def _clock() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class WatchForm(forms.Form):
    """The terms that need no plan. Times are those of the tenant's time zone."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=80,
        help_text=_("What your team calls it. Empty: the plan’s code."),
    )
    days = forms.MultipleChoiceField(
        label=_("Days"),
        required=False,
        choices=DAYS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every day."),
    )
    hours_from = forms.TimeField(label=_("From"), required=False, widget=_clock())
    hours_to = forms.TimeField(
        label=_("Until"),
        required=False,
        widget=_clock(),
        help_text=_("Hours that end before they begin run past midnight."),
    )
    expires_at = MomentField(
        label=_("Ends"), required=False, help_text=_("Empty: it watches until you stop it.")
    )
    bot = forms.ChoiceField(label=_("Told by"), required=False)

    # where the services say something of a field that has another name here
    FIELDS = {"schedule": "days"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Bot.objects.defer("token").order_by("name", "pk")
        self.bots = {bot.public_id: bot for bot in rows if recipients.serves(bot)}
        choices = [(key, f"{bot.name} (@{bot.username})") for key, bot in self.bots.items()]
        self.fields["bot"].choices = [("", _("the first bot that can")), *choices]  # type: ignore[attr-defined]

    @property
    def has_bots(self) -> bool:
        """Whether there is something to choose."""
        return len(self.bots) > 1

    def schedule(self) -> dict[str, Any]:
        """Return when the wish acts, as its row keeps it: nothing means always."""
        given = self.cleaned_data
        days = sorted(int(day) for day in given.get("days") or [])
        hours = {
            "from": _said(given.get("hours_from")),
            "to": _said(given.get("hours_to")),
        }
        found: dict[str, Any] = {name: said for name, said in hours.items() if said}
        if days and len(days) < len(DAYS):
            found["days"] = days
        return found

    def watch_terms(self) -> dict[str, Any]:
        """Return what the valid form says of these terms, as wishes/lifecycle.py takes it."""
        given = self.cleaned_data
        return {
            "name": given.get("name") or "",
            "schedule": self.schedule(),
            "expires_at": given.get("expires_at"),
            "bot": self.bots.get(given.get("bot") or ""),
        }

    def add_problems(self, error: ValidationError) -> None:
        """Show what the rules refuse beside the fields it is about."""
        for field, problems in error.update_error_dict({}).items():
            name = self.FIELDS.get(field, field)
            self.add_error(name if name in self.fields else None, problems)


def _said(at: time | None) -> str:
    return at.strftime("%H:%M") if at is not None else ""


def watch_initial(wish: Wish) -> dict[str, Any]:
    """Return a wish as the form shows it."""
    schedule = wish.schedule if not schedules.problem(wish.schedule) else {}
    return {
        "name": wish.name,
        "days": [str(day) for day in schedule.get("days", [])],
        "hours_from": schedule.get("from", ""),
        "hours_to": schedule.get("to", ""),
        "expires_at": wish.expires_at,
        "bot": wish.bot.public_id if wish.bot is not None else "",
    }
