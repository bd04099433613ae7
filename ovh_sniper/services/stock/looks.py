"""How fresh what we know of a host is, said honestly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.models import Poller
from ovh_sniper.services.wording import words

# A look this old, or three of the host's own pauses old, is one that should have been followed.
FRESH = timedelta(seconds=60)
PAUSES = 3
# Nobody watched, so nobody looked: the next look comes within this time.
AWAITED = timedelta(minutes=10)
GOOD, WAITING, BAD = "good", "info", "warn"


@dataclass(frozen=True, slots=True)
class Look:
    """The state of the looks at a host: its tone, words, and when the last one succeeded."""

    tone: str
    text: str
    at: datetime | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether what is shown is what OVH says now."""
        return self.tone == GOOD


def of(poller: Poller, zone: ZoneInfo, now: datetime) -> Look:
    """Return how the last look at a host's stock went."""
    if poller.succeeded_at is None:
        return _never(poller)
    at = poller.succeeded_at
    age = now - at
    if age <= max(FRESH, timedelta(seconds=PAUSES * poller.interval)):
        return Look(GOOD, _("Looked at OVH %(time)s ago") % {"time": _age(age)}, at)
    since = words.moment(at, zone)
    if poller.failures:
        said = _("OVH has not answered since %(time)s: what is shown is from then.")
        return Look(BAD, said % {"time": since}, at)
    if age <= AWAITED:
        said = _("Last looked %(time)s ago; the next look is on its way.")
        return Look(WAITING, said % {"time": _age(age)}, at)
    said = _("Nobody has looked at OVH since %(time)s: what is shown is from then.")
    return Look(BAD, said % {"time": since}, at)


def _never(poller: Poller) -> Look:
    if poller.failures:
        return Look(BAD, _("OVH’s stock list could not be read yet; it is tried again by itself."))
    return Look(WAITING, _("Not looked yet: the first look at OVH’s stock list is on its way."))


def _age(age: timedelta) -> str:
    seconds = max(int(age.total_seconds()), 0)
    if seconds < 60:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    return words.duration(seconds)
