"""What the daily digest says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.models import Account, Order
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.orders.spend import Total
from ovh_sniper.services.telling import plan_stock
from ovh_sniper.services.telling.standing import Debt
from ovh_sniper.services.wording import words

# Lines of a part: six full parts stay below Telegram's 4,096 characters.
MOST = 5
MOST_PLACES = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan that came in stock: how often, and where."""

    plan_code: str
    times: int
    datacenters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened in a day, and what waits for somebody now."""

    zone: ZoneInfo
    now: datetime
    seen: Sequence[Seen]
    ordered: Sequence[Order]
    refused: Sequence[Order]
    spend: Sequence[Total]
    debts: Sequence[Debt]
    ending: Sequence[Account]  # accounts whose keys end soon, or have ended


def heading() -> str:
    """Return the digest's first line."""
    return _("🗞 OVH in the last 24 hours")


def text(digest: Digest) -> SafeString:
    """Return the digest in the active language: one line where there is nothing to say."""
    parts = [
        _part(_("In stock"), _seen(digest)),
        _part(_("Ordered"), [_ordered(order) for order in digest.ordered]),
        _part(_("Not ordered"), [_refused(order) for order in digest.refused]),
        _part(_("Spent"), [_spent(total) for total in digest.spend]),
        _part(_("Not paid yet"), [_debt(debt, digest.zone) for debt in digest.debts]),
        _part(_("Keys that end"), [_ending(one, digest) for one in digest.ending]),
    ]
    said = [part for part in parts if part]
    if not said:
        return format_html("<b>{}</b>: {}", heading(), _("nothing came in, nothing was ordered."))
    body = format_html_join("\n\n", "{}", ((part,) for part in said))
    return format_html("<b>{}</b>\n\n{}", heading(), body)


def _part(title: str, lines: Sequence[str]) -> SafeString:
    if not lines:
        return SafeString("")
    shown = list(lines[:MOST])
    if (more := len(lines) - MOST) > 0:
        shown.append(ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more})
    return format_html(
        "<b>{}</b>\n{}", title, format_html_join("\n", "{}", ((line,) for line in shown))
    )


def _seen(digest: Digest) -> list[str]:
    names = plan_stock.names(one.plan_code for one in digest.seen[:MOST])
    return [_seen_line(one, names.get(one.plan_code, "")) for one in digest.seen]


def _seen_line(one: Seen, name: str) -> str:
    places = ", ".join(words.short_place(code) for code in one.datacenters[:MOST_PLACES])
    if len(one.datacenters) > MOST_PLACES:
        places += ", …"
    times = ngettext("%(n)s time", "%(n)s times", one.times) % {"n": one.times}
    return f"🟢 {_named(name, one.plan_code)}: {times} ({places})"


def _named(name: str, plan_code: str) -> str:
    short = name.partition(" | ")[0]
    return f"{short} {plan_code}".strip()


def _ordered(order: Order) -> str:
    cost = words.money(order.due_now, order.currency)
    return f"✅ {order.plan_code} {words.short_place(order.datacenter)}: {cost}"


def _refused(order: Order) -> str:
    why = reasons.words(order.reason, "")
    return f"❌ {order.plan_code} {words.short_place(order.datacenter)}: {why}"


def _spent(total: Total) -> str:
    said = _("%(account)s: %(amount)s now, then %(monthly)s a month") % {
        "account": total.account,
        "amount": words.money(total.ordered, total.currency),
        "monthly": words.money(total.monthly, total.currency),
    }
    return f"💶 {said}"


def _debt(debt: Debt, zone: ZoneInfo) -> str:
    return "⏰ " + _("%(amount)s for %(orders)s, the first until %(when)s") % {
        "amount": words.money(debt.amount, debt.currency),
        "orders": ngettext("%(n)s order", "%(n)s orders", debt.count) % {"n": debt.count},
        "when": words.moment(debt.first_ends_at, zone),
    }


def _ending(account: Account, digest: Digest) -> str:
    if account.expires_at is None or account.expires_at <= digest.now:
        return "🔑 " + _("%(account)s: the key has ended") % {"account": account.name}
    return "🔑 " + _("%(account)s: ends in %(time)s") % {
        "account": account.name,
        "time": words.duration((account.expires_at - digest.now).total_seconds()),
    }
