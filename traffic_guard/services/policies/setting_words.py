"""How the settings of a policy are said, in the active language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tenants.durations import duration
from traffic_guard.models import Policy
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings.words import percent, volume

LABELS = {
    "threshold": gettext_lazy("Stop when less is left than"),
    "alert_levels": gettext_lazy("Alert when so much is used"),
    "margin_percent": gettext_lazy("Alert again after a rise of"),
    "auto_stop": gettext_lazy("Stop automatically"),
    "grace_minutes": gettext_lazy("Time to object before a stop"),
    "stop_mode": gettext_lazy("How a server is stopped"),
    "hard_after_minutes": gettext_lazy("Cut the power after"),
    "schedule": gettext_lazy("Stops allowed"),
    "skip_dates": gettext_lazy("Days without stops"),
    "dry_run": gettext_lazy("Dry run"),
    "resume_at_reset": gettext_lazy("Start again at the reset"),
    "restop": gettext_lazy("Stop again after a manual start"),
    "interval_minutes": gettext_lazy("Read every"),
    "max_age_minutes": gettext_lazy("A reading is good for"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One setting in words, with the level that says so (resolving.Source)."""

    name: str
    label: str
    value: str
    source: str


def settings(effective: Effective) -> list[Said]:
    """Return everything that holds, in the order of the form."""
    return [_setting(name, effective) for name in LABELS]


def _setting(name: str, effective: Effective) -> Said:
    if name == "threshold":
        size, share = effective.threshold_bytes, effective.threshold_percent
        return Said(name, str(LABELS[name]), threshold(size.value, share.value), size.source)
    found = getattr(effective, name)
    return Said(name, str(LABELS[name]), value(name, found.value), found.source)


def threshold(size: int | None, share: float | None) -> str:
    """Return a threshold: "50 GB", "5 %", or both."""
    if size is not None and share is not None:
        return _("%(size)s or %(share)s, whichever comes first") % {
            "size": volume(size),
            "share": percent(share),
        }
    if size is not None:
        return volume(size)
    return percent(share) if share is not None else pgettext("alert levels", "never")


def value(name: str, setting: Any) -> str:
    """Return the value of a setting by its name in the policy."""
    return _WORDS[name](setting)


def _flag(setting: bool) -> str:  # noqa: FBT001 - one value of many kinds
    return _("yes") if setting else _("no")


def _minutes(setting: int) -> str:
    return pgettext("time to object", "none") if setting == 0 else duration(setting * 60)


def _levels(setting: Sequence[int]) -> str:
    return _listed([percent(level) for level in setting]) or pgettext("alert levels", "never")


def _points(setting: float) -> str:
    return _("%(n)s points") % {"n": formats.number_format(setting, 0)}


def schedule(setting: Mapping[str, Any]) -> str:
    """Return when something is allowed: "Mon, Tue · 09:00 to 18:00"."""
    days = _listed([str(WEEKDAYS_ABBR[day]) for day in setting.get("days", ())])
    start, end = setting.get("from", ""), setting.get("to", "")
    hours = _("%(from)s to %(to)s") % {"from": start or "00:00", "to": end or "24:00"}
    return " · ".join(filter(None, [days, hours if start or end else ""])) or _("always")


def _dates(setting: Sequence[str]) -> str:
    said = [formats.date_format(date.fromisoformat(day), "SHORT_DATE_FORMAT") for day in setting]
    return _listed(said) or pgettext("days without stops", "none")


def _listed(values: Sequence[str]) -> str:
    return pgettext("between names", ", ").join(values)


_WORDS: dict[str, Callable[[Any], str]] = {
    "alert_levels": _levels,
    "margin_percent": _points,
    "auto_stop": _flag,
    "grace_minutes": _minutes,
    "stop_mode": lambda setting: str(Policy.StopMode(setting).label),
    "hard_after_minutes": _minutes,
    "schedule": schedule,
    "skip_dates": _dates,
    "dry_run": lambda setting: str(Policy.DryRun(setting).label),
    "resume_at_reset": _flag,
    "restop": _flag,
    "interval_minutes": _minutes,
    "max_age_minutes": _minutes,
}
