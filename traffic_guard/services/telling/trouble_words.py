"""Why it is not known what is left, in the reader's language, and what to do about it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from traffic_guard.services.readings.judging import Trouble

# shortly, for lists and lines
REASONS = {
    Trouble.MISSING: gettext_lazy("the cloud gave no answer for its package"),
    Trouble.NO_AMOUNT: gettext_lazy("the cloud gave no amount"),
    Trouble.NEGATIVE: gettext_lazy("the cloud gave a negative amount"),
    Trouble.NO_TOTAL: gettext_lazy("the cloud gave no size of the package"),
    Trouble.ABOVE_TOTAL: gettext_lazy("the cloud says that more is left than the package holds"),
    Trouble.UNKNOWN_UNIT: gettext_lazy("the amount is in a unit that is not known"),
    Trouble.NO_CYCLE: gettext_lazy("the cloud gave no cycle"),
    Trouble.CYCLE_OVER: gettext_lazy("the cycle is over, and nothing was read of the new one yet"),
    Trouble.NOT_BEGUN: gettext_lazy("its package has not begun yet"),
    Trouble.UNREAD: gettext_lazy("it was not read yet"),
    Trouble.STALE: gettext_lazy("the newest reading is too old"),
    Trouble.NO_PACKAGE: gettext_lazy("no traffic package is known for it"),
    Trouble.MIXED: gettext_lazy("its packages belong to several regions"),
    Trouble.TYPES: gettext_lazy("its shared packages are of different or unknown types"),
}
ADVICE = {
    Trouble.MISSING: gettext_lazy(
        "A package that is missing once comes back by itself. If it stays away, look whether it "
        "was renewed under another number, or search for servers again."
    ),
    Trouble.UNKNOWN_UNIT: gettext_lazy(
        "Nothing is decided by a unit that nobody explained. Write to us with the package’s number."
    ),
    Trouble.CYCLE_OVER: gettext_lazy(
        "Clouds bill the new cycle an hour or more after it began. Until then nothing is stopped."
    ),
    Trouble.NO_PACKAGE: gettext_lazy(
        "Search for servers again, enter its package by hand, or choose this server for a shared "
        "package of its region."
    ),
    Trouble.MIXED: gettext_lazy(
        "A package pays only in its own region. Take those of other regions off this server."
    ),
    Trouble.TYPES: gettext_lazy(
        "A dynamic BGP package pays for dynamic BGP addresses only, a static one for static ones. "
        "Choose this server for packages of one type."
    ),
    Trouble.STALE: gettext_lazy("Look whether its account works. Until then nothing is stopped."),
}


def why(trouble: str) -> str:
    """Return why it is unknown: "the newest reading is too old"; empty where it is known."""
    if not trouble:
        return ""
    if trouble in REASONS:
        return str(REASONS[Trouble(trouble)])
    return _("its figures could not be read (%(word)s)") % {"word": trouble}


def advice(trouble: str) -> str:
    """Return what to do about it; empty where there is nothing but to wait."""
    return str(ADVICE.get(Trouble(trouble), "")) if trouble in ADVICE else ""
