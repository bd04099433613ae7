"""What a message of alerts says, and its buttons; one configuration at one price is one block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.messages import Keyboard, Press, units
from ovh_sniper.gateways.hosts import delivery_hours
from ovh_sniper.models import Alert, Configuration, Wish
from ovh_sniper.services.telling import plan_stock
from ovh_sniper.services.telling.buttons import AlertDetails, Mute, OrderNow
from ovh_sniper.services.telling.recipients import Recipient, Role
from ovh_sniper.services.wording import words

State = Alert.State
# What one message holds below its heading, in characters (Telegram's limit is 4,096); what a price
# takes of it at most, and each place with all that may be said of it later.
ROOM, PRICE, LINE, GHOST = 4000, 100, 110, 90
MOST_REMARKS = 2
MUTE_HOURS = 1
# an alert is told anew where it says more: an order, then open stock, then what is gone
RANK = {State.ORDERED: 0, State.OPEN: 1, State.ENDED: 2}
# of several wishes for the same place the button is that of the one that means to order by it
MODES = (Wish.Mode.ASK, Wish.Mode.ORDER, Wish.Mode.ALERT)


@dataclass(frozen=True, slots=True)
class Card:
    """A message of alerts: one for each configuration and datacenter, whatever wishes it is for."""

    alerts: Sequence[Alert]
    # host, fqn -> whose wish has to say something of it; said in the language of each message
    remarks: dict[tuple[str, str], list[Alert]]
    names: dict[str, str]  # plan code -> the name that OVH sells it under
    parts: dict[str, str]  # fqn -> hardware
    at: datetime

    @property
    def blocks(self) -> list[list[Alert]]:
        """The alerts of each configuration and price, in order."""
        found: dict[BlockKey, list[Alert]] = {}
        for alert in self.alerts:
            found.setdefault(_block_key(alert), []).append(alert)
        return list(found.values())

    @property
    def open(self) -> list[Alert]:
        """What can still be ordered."""
        return [alert for alert in self.alerts if alert.state == State.OPEN]


BlockKey = tuple[str, str, Decimal | None, Decimal | None, str]


def _block_key(alert: Alert) -> BlockKey:
    """Return what alerts of one block share. With other options, or in another country, the same
    hardware has another price, and a button orders at the price above it."""
    price = (alert.due_now, alert.renewal, alert.currency)
    return (alert.wish.host, alert.fqn, *price)


def card(alerts: Sequence[Alert], *, at: datetime | None = None) -> Card:
    """Return the card of some alerts, whose wishes were fetched with them."""
    best: dict[tuple[str, str, str], Alert] = {}
    remarks: dict[tuple[str, str], list[Alert]] = {}
    heard: set[tuple[str, str, str]] = set()
    for alert in sorted(alerts, key=_importance):
        best.setdefault((alert.wish.host, alert.fqn, alert.datacenter), alert)
        of_it = remarks.setdefault((alert.wish.host, alert.fqn), [])
        said = _remark(alert)
        if said and (alert.wish.host, alert.fqn, said) not in heard:
            heard.add((alert.wish.host, alert.fqn, said))
            of_it.append(alert)
    shown = sorted(best.values(), key=_order)
    return Card(shown, remarks, names(shown), parts(shown), at or timezone.now())


def _importance(alert: Alert) -> tuple[int, int, int]:
    return RANK[State(alert.state)], MODES.index(Wish.Mode(alert.wish.mode)), alert.pk


def split(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """Return the alerts in parts that fit into one message each; sorted by configuration."""
    whole = card(alerts)
    parts: list[list[Alert]] = []
    left = 0
    block: BlockKey | None = None
    place: tuple[object, ...] | None = None
    for alert in alerts:
        key = _block_key(alert)
        here = (*key, alert.datacenter)
        head, line = _head(whole, alert), LINE + (GHOST if alert.was_refused_at else 0)
        cost = 0 if here == place else line + (0 if key == block else head)
        if not parts or cost > left:
            parts.append([])
            left, cost = ROOM, head + line
        parts[-1].append(alert)
        left, block, place = left - cost, key, here
    return parts


def _head(shown: Card, alert: Alert) -> int:
    """Return how much of a message a block takes without its places."""
    said = [title(alert, shown), shown.parts.get(alert.fqn, alert.fqn), *_remarks(shown, alert)]
    return PRICE + sum(units(one) + 2 for one in said)


def _order(alert: Alert) -> tuple[str, bool, object, str, int, str]:
    hours = delivery_hours(alert.availability) or 0
    price = alert.due_now or 0
    return (alert.plan_code, alert.due_now is None, price, alert.fqn, hours, alert.datacenter)


def names(alerts: Sequence[Alert]) -> dict[str, str]:
    """Return the names of the alerts' plans; a plan without a price has none."""
    return plan_stock.names(alert.plan_code for alert in alerts)


def parts(alerts: Sequence[Alert]) -> dict[str, str]:
    """Return the hardware of the alerts' configurations, in OVH's own words."""
    found = Configuration.objects.filter(fqn__in={alert.fqn for alert in alerts})
    return {one.fqn: hardware(one) for one in found}


def hardware(configuration: Configuration) -> str:
    """Return memory, disks and the rest of a configuration."""
    named = (
        configuration.memory,
        configuration.storage,
        configuration.system_storage,
        configuration.gpu,
    )
    return " · ".join(filter(None, named))


def text(shown: Card) -> SafeString:
    """Return the message's text in the active language."""
    blocks = [_block(block, shown, number) for number, block in enumerate(shown.blocks, 1)]
    body = format_html_join("\n\n", "{}", ((block,) for block in blocks))
    return format_html("<b>{}</b>\n\n{}", heading(shown), body)


def heading(shown: Card) -> str:
    """Return the message's first line: what is there, was ordered, or is gone."""
    count = len(shown.open)
    if count:
        return ngettext("🟢 In stock at OVH", "🟢 In stock at OVH: %(n)s possibilities", count) % {
            "n": count
        }
    if any(alert.state == State.ORDERED for alert in shown.alerts):
        return _("✅ Ordered")
    return _("⚪ Sold out again")


def title(alert: Alert, shown: Card) -> str:
    """Return a plan's name and code."""
    return f"{shown.names.get(alert.plan_code, '')} {alert.plan_code}".strip()


def _block(block: list[Alert], shown: Card, number: int) -> SafeString:
    first = block[0]
    name = shown.names.get(first.plan_code, "")
    numbered = f"{number}. {name}" if len(shown.blocks) > 1 else name
    lines = [
        format_html("<b>{}</b> <code>{}</code>", numbered, first.plan_code),
        format_html("{}", shown.parts.get(first.fqn, first.fqn)),
    ]
    lines += [part for alert in block for part in _lines(alert, shown.at)]
    there = next((alert for alert in block if alert.state == State.OPEN), None)
    if there is not None:
        if there.wish.track == Wish.Track.DEDICATED:
            said = words.prices(there.due_now, there.renewal, there.currency)
            lines.insert(2, format_html("💶 {}", said))
        lines += [format_html("{}", said) for said in _remarks(shown, there)]
    return format_html_join("\n", "{}", ((line,) for line in lines))


def _lines(alert: Alert, at: datetime) -> list[SafeString]:
    place = words.place(alert.datacenter)
    if alert.state == State.ORDERED:
        return [format_html("✅ {}: <b>{}</b>", place, _("ordered"))]
    if alert.state == State.ENDED:
        lasted = words.duration(((alert.ended_at or at) - alert.stock_seen_at).total_seconds())
        gone = _("sold out after %(time)s") % {"time": lasted}
        return [format_html("⚪ <s>{}</s>: {}", place, gone)]
    said = words.delivery(alert.availability)
    if alert.out_for is not None:
        away = _("was out for %(time)s") % {"time": words.duration(alert.out_for)}
        said = f"{said} · {away}"
    lines = [format_html("{}: <b>{}</b>", place, said)]
    if alert.was_refused_at is not None:
        since = words.duration((alert.stock_seen_at - alert.was_refused_at).total_seconds())
        warning = _("⚠️ OVH showed this and refused it at checkout, %(time)s before.")
        lines.append(format_html("{}", warning % {"time": since}))
    return lines


def _remarks(shown: Card, alert: Alert) -> list[str]:
    found = shown.remarks[alert.wish.host, alert.fqn][:MOST_REMARKS]
    return [_remark(one) for one in found]


def _remark(alert: Alert) -> str:
    wish = alert.wish
    if alert.state != State.OPEN:
        return ""
    for price, cap in ((alert.due_now, wish.cap_due_now), (alert.renewal, wish.cap_renewal)):
        if price is not None and cap is not None and price > cap:
            limit = {"cap": words.money(cap, alert.currency), "name": str(wish)}
            return _("⚠️ More than the limit of %(cap)s of “%(name)s”.") % limit
    if wish.state != Wish.State.ARMED:
        return ""
    if wish.mode == Wish.Mode.ORDER:
        return _("🤖 “%(name)s” orders this by itself.") % {"name": str(wish)}
    if wish.mode == Wish.Mode.ASK:
        return _("👉 “%(name)s” asks first: a button below orders one.") % {"name": str(wish)}
    return ""


def keyboard(shown: Card, recipient: Recipient) -> Keyboard:
    """Return a button for each datacenter that can be ordered, then the details and the mute."""
    rows: list[list[Press]] = []
    if recipient.shows(Role.OPERATOR):
        keys = _order_keys(shown)
        rows += [keys[start : start + 2] for start in range(0, len(keys), 2)]
    last = [Press(_("Details"), AlertDetails(shown.alerts[0].public_id))]
    if shown.open and recipient.shows(Role.OPERATOR):
        last.append(Press(_("🔕 Mute 1 h"), Mute(MUTE_HOURS)))
    return [*rows, last]


def _order_keys(shown: Card) -> list[Press]:
    numbered = len(shown.blocks) > 1
    keys = []
    for number, block in enumerate(shown.blocks, 1):
        mark = f"{number} · " if numbered else ""
        found = [order_key(alert, mark) for alert in block]
        keys += [key for key in found if key is not None]
    return keys


def order_key(alert: Alert, mark: str = "") -> Press | None:
    """Return the button that orders what an alert tells of; None where nothing can be ordered."""
    # a VPS is only watched
    if alert.state != State.OPEN or alert.wish.track != Wish.Track.DEDICATED:
        return None
    place = f"{mark}{words.short_place(alert.datacenter)}"
    return Press(_("🛒 Order now: %(place)s") % {"place": place}, OrderNow(alert.public_id))
