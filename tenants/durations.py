"""Lengths of time in words, in the active language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.timesince import TIME_STRINGS, timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext as of_django
from django.utils.translation import ngettext_lazy, pgettext

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# Django's own traditional Chinese writes "1 日" and "3 分", which are a date and a mark as well
UNITS = {
    **TIME_STRINGS,
    "day": ngettext_lazy("%(num)d day", "%(num)d days", "num"),
    "minute": ngettext_lazy("%(num)d minute", "%(num)d minutes", "num"),
}


def duration(seconds: float) -> str:
    """Return a time in words of at most two units: "3 hours, 20 minutes"."""
    if seconds < 60:
        return _("less than a minute")
    # timesince knows the plurals of all our languages; a fixed day keeps months out of it
    end = EPOCH + timedelta(seconds=int(seconds))
    # lazy plurals are what it takes; the stubs say text
    said = timesince(EPOCH, end, depth=2, time_strings=UNITS)  # type: ignore[arg-type]
    said = said.replace(of_django(", "), pgettext("between hours and minutes", ", "))
    return said.replace("\xa0", " ")
