"""How things stand, and the list of wishes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ovh_sniper.models import Account, Poller, Wish
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.telling import wish_words
from ovh_sniper.services.telling.standing import Standing
from ovh_sniper.services.wishes.listing import Row
from ovh_sniper.services.wording import words
from ovh_sniper.texts import pieces

# why a host is asked as often as it is (models.stock.Poller.cadence)
CADENCES = {
    "armed": gettext_lazy("wishes are armed"),
    "idle": gettext_lazy("nothing is armed"),
    "backing off": gettext_lazy("OVH asked us to wait"),
    "breaker": gettext_lazy("OVH does not answer"),
}
MODES = {
    Wish.Mode.ORDER: "🤖",
    Wish.Mode.ASK: "👉",
    Wish.Mode.ALERT: "🔔",
}
STATES = {
    Wish.State.PAUSED: "⏸",
    Wish.State.DONE: "🏁",
    Wish.State.EXPIRED: "⌛",
    Wish.State.STOPPED: "⛔",
}


# --- Status


def status(standing: Standing, now: datetime) -> SafeString:
    """Return how things stand."""
    parts = [
        _section(_("Stock"), [_poller(one, now) for one in standing.pollers]),
        _section(_("Wishes"), _wishes(standing)),
        _section(_("Accounts"), [_account(one, now) for one in standing.accounts]),
        _section(_("Orders today"), _orders(standing)),
        _section(_("Not paid yet"), _debts(standing)),
    ]
    if standing.muted_until is not None:
        until = words.moment(standing.muted_until, standing.zone)
        parts.append(format_html("{}", _("🔕 Alerts are muted until %(when)s.") % {"when": until}))
    return format_html("<b>{}</b>\n\n{}", _("OVH stock"), pieces.blocks(parts))


def _section(title: str, lines: Sequence[str]) -> SafeString:
    return format_html("<b>{}</b>\n{}", title, pieces.lines(lines or ["–"]))


def _poller(poller: Poller, now: datetime) -> str:
    name = dict(HOSTS).get(poller.host, poller.host)
    looked_at = poller.succeeded_at
    if looked_at is None:
        return _("%(host)s: not looked at yet") % {"host": name}
    if poller.polled_at is not None and not poller.failures:
        # the lists of single plans are looked at more often than the whole one
        looked_at = max(looked_at, poller.polled_at)
    seconds = max((now - looked_at).total_seconds(), 0)
    said = _("%(host)s: looked at %(age)s ago") % {"host": name, "age": _age(seconds)}
    if poller.interval:
        every = _("every %(seconds)s s") % {"seconds": formats.number_format(poller.interval, 0)}
        why = CADENCES.get(poller.cadence)
        said = f"{said}, {every}" + (f" ({why})" if why else "")
    return said


def _age(seconds: float) -> str:
    return _("%(n)s s") % {"n": int(seconds)} if seconds < 60 else words.duration(seconds)


def _wishes(standing: Standing) -> list[str]:
    found = [
        f"{MODES[Wish.Mode(mode)]} {Wish.Mode(mode).label}: {count}"
        for mode, count in sorted(standing.armed.items())
    ]
    if standing.paused:
        found.append(_("⏸ paused: %(n)s") % {"n": standing.paused})
    return found


def _account(account: Account, now: datetime) -> str:
    icon = "✅" if account.can_order else "⚠️"
    said = f"{icon} {account.name}: {Account.State(account.state).label}"
    if account.expires_at is not None and account.expires_at > now:
        left = words.duration((account.expires_at - now).total_seconds())
        said = said + ", " + _("its key ends in %(time)s") % {"time": left}
    return said


def _orders(standing: Standing) -> list[str]:
    found = [
        f"{total.account}: {total.count} ({words.money(total.ordered, total.currency)})"
        for total in standing.today
    ]
    if standing.undecided:
        found.append(_("⏳ under way: %(n)s, see /queue") % {"n": standing.undecided})
    return found


def _debts(standing: Standing) -> list[str]:
    return [
        _("%(amount)s for %(orders)s, the first until %(when)s")
        % {
            "amount": words.money(debt.amount, debt.currency),
            "orders": ngettext("%(n)s order", "%(n)s orders", debt.count) % {"n": debt.count},
            "when": words.moment(debt.first_ends_at, standing.zone),
        }
        for debt in standing.debts
    ]


# --- Wishes


def wishes(found: Sequence[Row], page: int, pages: int) -> SafeString:
    """Return a page of wishes."""
    if not found:
        return format_html(
            "{}", _("No wishes yet. Send a plan, such as 27sk15, or make one in the portal.")
        )
    parts = [_wish(row, number) for number, row in enumerate(found, 1)]
    return pieces.paged(_("Wishes"), parts, page, pages)


def _wish(row: Row, number: int) -> SafeString:
    wish = row.wish
    icon = STATES.get(Wish.State(wish.state)) or MODES[Wish.Mode(wish.mode)]
    title = format_html("<b>{}</b> <code>{}</code>", wish.name, wish.plan_code)
    if not wish.name:
        title = format_html("<b>{}</b>", wish.plan_code)
    where = pieces.in_order(wish.datacenters) or _("any datacenter")
    has_caps = wish.cap_due_now is not None or wish.cap_renewal is not None
    lines = [
        f"{wish_words.hardware(wish)} · {where}",
        ", ".join(_state(row)),
        wish_words.caps(wish, row.currency) if has_caps else "",
        wish_words.reason(wish),
        _there(row),
    ]
    return format_html("{}. {} {}\n{}", number, icon, title, pieces.lines(lines))


def _state(row: Row) -> list[str]:
    wish = row.wish
    found = [str(Wish.Mode(wish.mode).label), str(Wish.State(wish.state).label)]
    if row.buys:
        numbers = {"bought": row.ordered, "all": wish.quantity}
        found.append(_("%(bought)s of %(all)s ordered") % numbers)
    if wish.dry_run:
        found.append(_("dry run"))
    return found


def _there(row: Row) -> str:
    places = row.places_in_stock[: pieces.MOST_PLACES]
    if not places:
        return ""
    return _("🟢 In stock now: %(places)s") % {"places": ", ".join(map(words.short_place, places))}


def paused(count: int) -> str:
    """Return how many wishes were paused."""
    if not count:
        return _("No wish was armed there.")
    said = ngettext("⏸ %(n)s wish is paused.", "⏸ %(n)s wishes are paused.", count)
    return said % {"n": count}


def resumed(count: int, barred: int) -> str:
    """Return how many wishes were armed again, and how many only an admin may arm."""
    said = []
    if count:
        armed = ngettext("▶️ %(n)s wish is armed again.", "▶️ %(n)s wishes are armed again.", count)
        said.append(armed % {"n": count})
    if barred:
        left = ngettext(
            "%(n)s pays automatically: only an admin may resume it.",
            "%(n)s pay automatically: only an admin may resume them.",
            barred,
        )
        said.append(left % {"n": barred})
    if not said:
        return _("No wish could be armed again: each has all it asked for, or its time is over.")
    return " ".join(said)


def muted(until: datetime, zone: ZoneInfo) -> str:
    """Return until when nothing is said of stock."""
    said = _("🔕 I say nothing of stock until %(when)s. Orders go on. /unmute ends it.")
    return said % {"when": words.moment(until, zone)}


def unmuted() -> str:
    """Return that stock is told of again."""
    return _("🔔 I tell of stock again.")
