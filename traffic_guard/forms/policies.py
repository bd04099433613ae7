"""What one level says of its policy; what is left empty is as the level above says."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import schedules
from traffic_guard.models import Policy
from traffic_guard.services.policies import setting_words
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings.words import GB

DAYS = [(str(day), WEEKDAYS_ABBR[day]) for day in schedules.EVERY_DAY]
OWN, ALWAYS = "own", "always"
FLAGS = ("auto_stop", "resume_at_reset", "restop")
CHOICES = {"stop_mode": Policy.StopMode.choices, "dry_run": Policy.DryRun.choices}
NUMBERS = (
    "grace_minutes",
    "hard_after_minutes",
    "interval_minutes",
    "max_age_minutes",
    "margin_percent",
)
SEPARATORS = re.compile(r"[\s,;%，；、]+")
LONGEST = 1000


def _clock() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


def _whole(label: Any, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=least, max_value=most, help_text=help_text
    )


class PolicyForm(forms.Form):
    """One level's own values. Times are those of the tenant's time zone."""

    threshold_gb = forms.DecimalField(
        label=gettext_lazy("GB"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=3,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
    threshold_percent = forms.FloatField(
        # the sign is no placeholder, xgettext:no-python-format
        label=gettext_lazy("% of the package"),
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
    alert_levels = forms.CharField(
        label=setting_words.LABELS["alert_levels"],
        required=False,
        max_length=100,
        help_text=gettext_lazy("Percent used, such as 80, 95. 0: no alerts by level."),
    )
    margin_percent = forms.FloatField(
        label=setting_words.LABELS["margin_percent"],
        required=False,
        min_value=0,
        max_value=50,
        help_text=gettext_lazy("Points of percent that must be left more before it alerts again."),
    )
    auto_stop = forms.ChoiceField(
        label=setting_words.LABELS["auto_stop"],
        required=False,
        help_text=gettext_lazy("Only running servers whose rest is known without doubt."),
    )
    dry_run = forms.ChoiceField(
        label=setting_words.LABELS["dry_run"],
        required=False,
        help_text=gettext_lazy("You are told what would have been stopped; nothing is."),
    )
    grace_minutes = _whole(
        gettext_lazy("Time to object (minutes)"),
        0,
        1440,
        gettext_lazy("Between the message and the stop."),
    )
    stop_mode = forms.ChoiceField(label=setting_words.LABELS["stop_mode"], required=False)
    hard_after_minutes = _whole(
        gettext_lazy("Cut the power after (minutes)"),
        2,
        120,
        gettext_lazy("Where the system was asked first and goes on running."),
    )
    resume_at_reset = forms.ChoiceField(
        label=setting_words.LABELS["resume_at_reset"],
        required=False,
        help_text=gettext_lazy("Only what the guard itself stopped."),
    )
    restop = forms.ChoiceField(
        label=setting_words.LABELS["restop"],
        required=False,
        help_text=gettext_lazy("Where somebody started it and it is still below."),
    )
    schedule_mode = forms.ChoiceField(label=setting_words.LABELS["schedule"], required=False)
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"),
        required=False,
        choices=DAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    hours_from = forms.TimeField(label=gettext_lazy("From"), required=False, widget=_clock())
    hours_to = forms.TimeField(label=gettext_lazy("Until"), required=False, widget=_clock())
    skip_mode = forms.ChoiceField(label=setting_words.LABELS["skip_dates"], required=False)
    skip_dates = forms.CharField(
        label=gettext_lazy("These days"),
        required=False,
        max_length=LONGEST,
        help_text=gettext_lazy("Such as 2026-12-24, 2026-12-25."),
    )
    interval_minutes = _whole(
        gettext_lazy("Read every (minutes)"),
        5,
        720,
        gettext_lazy("Sooner near a threshold, seldom while a server is off."),
    )
    max_age_minutes = _whole(
        gettext_lazy("A reading is good for (minutes)"),
        30,
        1440,
        gettext_lazy("What is older counts as unknown, and unknown never stops a server."),
    )

    # where the rules say something of a setting that has another name here
    FIELDS = {"threshold_bytes": "threshold_gb", "schedule": "schedule_mode"}

    def __init__(self, *args: Any, above: Effective, above_name: str, **kwargs: Any) -> None:
        """`above` is what holds where this level says nothing, `above_name` who says that."""
        super().__init__(*args, **kwargs)
        self.above = above
        self.inherited = {one.name: one.value for one in setting_words.settings(above)}
        same = {name: f"{value} · {above_name}" for name, value in self.inherited.items()}
        for name in FLAGS:
            self._choices(name, same[name], [("yes", _("yes")), ("no", _("no"))])
        for name, choices in CHOICES.items():
            self._choices(name, same[name], choices)
        own = (OWN, _("on these days and hours"))
        self._choices("schedule_mode", same["schedule"], [(ALWAYS, _("always")), own])
        self._choices("skip_mode", same["skip_dates"], [(OWN, _("these, or none where empty"))])
        self.threshold_help = same["threshold"]
        for name in (*NUMBERS, "alert_levels"):
            field = self.fields[name]
            field.widget.attrs["placeholder"] = self._placeholder(name)
            empty = _("Empty: %(value)s.") % {"value": same[name]}
            field.help_text = f"{field.help_text} {empty}".strip()

    def _choices(self, name: str, same: str, choices: Any) -> None:
        self.fields[name].choices = [("", same), *choices]  # type: ignore[attr-defined]

    def _placeholder(self, name: str) -> str:
        value = getattr(self.above, name).value
        return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"

    # --- What was typed

    def clean_alert_levels(self) -> list[int] | None:
        """Return the levels, rising; none for 0. Raises ValidationError."""
        said = [one for one in SEPARATORS.split(self.cleaned_data["alert_levels"]) if one]
        if not said:
            return None
        if said == ["0"]:
            return []
        if not all(one.isascii() and one.isdigit() and len(one) <= 3 for one in said):
            raise ValidationError(_("Whole percents from 1 to 100."), code="form")
        return sorted({int(one) for one in said})

    def clean_skip_dates(self) -> list[str]:
        """Return the days. Raises ValidationError."""
        said = [one for one in SEPARATORS.split(self.cleaned_data["skip_dates"]) if one]
        try:
            return sorted({date.fromisoformat(one).isoformat() for one in said})
        except ValueError as error:
            raise ValidationError(_("Dates such as 2026-12-24."), code="form") from error

    def values(self) -> dict[str, Any]:
        """Return what the valid form says, by the names of Policy's fields; None: as above."""
        given = self.cleaned_data
        size: Decimal | None = given["threshold_gb"]
        found: dict[str, Any] = {
            "threshold_percent": given["threshold_percent"],
            "alert_levels": given["alert_levels"],
            "schedule": self._schedule(),
            "skip_dates": given["skip_dates"] if given["skip_mode"] == OWN else None,
        }
        # what nobody touched stays as exact as it was
        if "threshold_gb" in self.changed_data:
            found["threshold_bytes"] = None if size is None else int(size * GB)
        found |= {name: given[name] for name in NUMBERS}
        found |= {name: {"yes": True, "no": False}.get(given[name]) for name in FLAGS}
        return found | {name: given[name] or None for name in CHOICES}

    def _schedule(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        if given["schedule_mode"] != OWN:
            return {} if given["schedule_mode"] == ALWAYS else None
        hours = {"from": _said(given["hours_from"]), "to": _said(given["hours_to"])}
        found: dict[str, Any] = {name: said for name, said in hours.items() if said}
        days = sorted(int(day) for day in given["days"])
        if days and len(days) < len(DAYS):
            found["days"] = days
        return found

    def add_problems(self, errors: dict[str, str]) -> None:
        """Show what the rules refuse beside the fields it is about."""
        for name, words in errors.items():
            field = self.FIELDS.get(name, name)
            self.add_error(field if field in self.fields else None, words)


def _said(at: time | None) -> str:
    return at.strftime("%H:%M") if at is not None else ""


def initial_of(policy: Policy) -> dict[str, Any]:
    """Return what a level says as the form shows it."""
    found: dict[str, Any] = {name: getattr(policy, name) for name in (*NUMBERS, *CHOICES)}
    found |= {name: {True: "yes", False: "no"}.get(getattr(policy, name), "") for name in FLAGS}
    found["threshold_gb"] = gigabytes(policy.threshold_bytes)
    found["threshold_percent"] = policy.threshold_percent
    if policy.alert_levels is not None:
        found["alert_levels"] = ", ".join(map(str, policy.alert_levels)) or "0"
    if policy.schedule is not None:
        found |= {
            "schedule_mode": OWN if policy.schedule else ALWAYS,
            "days": [str(day) for day in policy.schedule.get("days", [])],
            "hours_from": policy.schedule.get("from", ""),
            "hours_to": policy.schedule.get("to", ""),
        }
    if policy.skip_dates is not None:
        found |= {"skip_mode": OWN, "skip_dates": ", ".join(policy.skip_dates)}
    return found


def gigabytes(size: int | None) -> Decimal | None:
    """Return bytes as a number of GB without zeros behind it: 50, 0.5."""
    if size is None:
        return None
    said = f"{Decimal(size) / GB:.3f}"
    return Decimal(said.rstrip("0").rstrip("."))
