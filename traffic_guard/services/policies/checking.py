"""Whether a policy makes sense: what is refused, and what is only warned of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tenants import schedules
from traffic_guard.models import Policy, Server
from traffic_guard.services.policies import thresholds
from traffic_guard.services.policies.resolving import Effective

MOST_LEVELS, MOST_DATES = 10, 60
# the validators of the model say the same
RANGES = {
    "threshold_percent": (0, 99),
    "interval_minutes": (5, 720),
    "hard_after_minutes": (2, 120),
    "grace_minutes": (0, 1440),
    "margin_percent": (0, 50),
    "max_age_minutes": (30, 1440),
}
CHOICES = {
    "stop_mode": {"", *Policy.StopMode.values},
    "dry_run": {"", *Policy.DryRun.values},
}
FLAGS = frozenset({"auto_stop", "resume_at_reset", "restop"})
WHOLE = frozenset(
    {
        "threshold_bytes",
        "interval_minutes",
        "hard_after_minutes",
        "grace_minutes",
        "max_age_minutes",
    }
)
NAMED = 5  # the others are counted


class Invalid(Exception):
    """A policy that makes no sense; `errors` says by field what and why."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


def errors(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with single values, by field; None is always right."""
    found = {name: _error(name, value) for name, value in values.items() if value is not None}
    return {name: words for name, words in found.items() if words}


def errors_together(
    servers: Sequence[Server], effective: Mapping[int, Effective], changed: set[str]
) -> dict[str, str]:
    """Return what is wrong with values as they meet at servers, by field."""
    if "threshold_bytes" not in changed:
        return {}
    too_small = [one for one in servers if _is_above_total(one, effective[one.pk])]
    if not too_small:
        return {}
    words = _("Not less than the whole package of %(names)s: it would never be right to stop.")
    return {"threshold_bytes": words % {"names": _named(too_small)}}


def warnings(
    servers: Sequence[Server], effective: Mapping[int, Effective], now: datetime
) -> list[str]:
    """Return sentences on what is allowed and may not do what is hoped for."""
    found = [
        *_too_late(servers, effective, now),
        *_grace_too_long(servers, effective),
        *_may_not_start_again(servers, effective),
    ]
    return [words for words in found if words]


# --- Single values


def _error(name: str, value: Any) -> str:
    if name in FLAGS:
        return "" if isinstance(value, bool) else _("Yes or no.")
    if name in CHOICES:
        return "" if value in CHOICES[name] else _("Not one of the choices.")
    if name in _OWN:
        return _OWN[name](value)
    return _number_error(name, value)


def _number_error(name: str, value: Any) -> str:
    if not _is_number(value, is_whole=name in WHOLE):
        return _("A number.")
    if name == "threshold_bytes":
        return "" if 0 <= value < 2**62 else _("A size that a package can have.")
    low, high = RANGES[name]
    if low <= value <= high:
        return ""
    return _("Between %(low)s and %(high)s.") % {"low": low, "high": high}


def _is_number(value: Any, *, is_whole: bool) -> bool:
    kinds = (int,) if is_whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool)


def _levels_error(value: Any) -> str:
    if not isinstance(value, list | tuple) or len(value) > MOST_LEVELS:
        return ngettext("At most %(count)s level.", "At most %(count)s levels.", MOST_LEVELS) % {
            "count": MOST_LEVELS
        }
    if any(type(level) is not int or not 1 <= level <= 100 for level in value):
        return _("Whole percents from 1 to 100.")
    if list(value) != sorted(set(value)):
        return _("In rising order, each once.")
    return ""


def _schedule_error(value: Any) -> str:
    return _("Days and hours, such as 09:00.") if schedules.problem(value) else ""


def _dates_error(value: Any) -> str:
    if not isinstance(value, list | tuple) or len(value) > MOST_DATES:
        return ngettext("At most %(count)s day.", "At most %(count)s days.", MOST_DATES) % {
            "count": MOST_DATES
        }
    return "" if all(map(_is_date, value)) else _("Dates such as 2026-12-24.")


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_OWN: dict[str, Callable[[Any], str]] = {
    "alert_levels": _levels_error,
    "schedule": _schedule_error,
    "skip_dates": _dates_error,
}


# --- Values as they meet


def _is_above_total(server: Server, effective: Effective) -> bool:
    size = effective.threshold_bytes.value
    return bool(server.total_bytes) and size is not None and size >= (server.total_bytes or 0)


def _too_late(
    servers: Sequence[Server], effective: Mapping[int, Effective], now: datetime
) -> list[str]:
    """Warn where a threshold is less than what can be gone before billing shows it."""
    late = []
    stopping = [one for one in servers if effective[one.pk].auto_stop.value]
    known = thresholds.least_safe(stopping, now)
    for server in stopping:
        size = thresholds.bytes_of(effective[server.pk], server.total_bytes)
        least = known.get(server.pk)
        if size is not None and least is not None and size < least:
            late.append((server, least))
    if not late:
        return []
    most = max(least for _server, least in late)
    words = _(
        "Billing is about two hours late. At the busiest hour of the last week %(size)s GB are gone"
        " by then, more than this threshold: a stop may come too late. Servers: %(names)s."
    )
    named = _named([server for server, _least in late])
    return [words % {"size": f"{most / 1024**3:.1f}", "names": named}]


def _grace_too_long(servers: Sequence[Server], effective: Mapping[int, Effective]) -> list[str]:
    """Warn where the traffic left at the threshold does not last for the grace period."""
    late = [one for one in servers if _ends_within_grace(one, effective[one.pk])]
    if not late:
        return []
    words = _(
        "At the present rate what is left at the threshold does not last for the grace period."
        " Servers: %(names)s."
    )
    return [words % {"names": _named(late)}]


def _ends_within_grace(server: Server, effective: Effective) -> bool:
    size = thresholds.bytes_of(effective, server.total_bytes)
    if not effective.auto_stop.value or size is None or not server.burn_rate:
        return False
    return server.burn_rate * effective.grace_minutes.value / 60 > size


def _may_not_start_again(
    servers: Sequence[Server], effective: Mapping[int, Effective]
) -> list[str]:
    """Warn of servers whose cloud keeps no place for them while they are off."""
    loose = [
        one
        for one in servers
        if one.charging in {"usage", "spot"} and effective[one.pk].auto_stop.value
    ]
    if not loose:
        return []
    words = _(
        "Paid by use: once stopped, the cloud may have no capacity to start it again. Disks and"
        " addresses go on costing money. Servers: %(names)s."
    )
    return [words % {"names": _named(loose)}]


def _named(servers: Sequence[Server]) -> str:
    names = pgettext("between names", ", ").join(server.name for server in servers[:NAMED])
    if (more := len(servers) - NAMED) > 0:
        return ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more) % {
            "names": names,
            "n": more,
        }
    return names
