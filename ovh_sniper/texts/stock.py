"""What is in stock, and all about one alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.models import Alert, Configuration, Wish
from ovh_sniper.services.telling import wish_words
from ovh_sniper.services.telling.plan_stock import LastSeen, Offered, Place
from ovh_sniper.services.wording import words
from ovh_sniper.texts import pieces

# of one configuration; all of a plan's stand in the portal
MOST_PLACES = 12


def found(offered: Sequence[Offered], names: Mapping[str, str], now: datetime) -> SafeString:
    """Return where what can be ordered, and for how much."""
    parts = [_offered(one, names.get(one.plan_code, ""), now) for one in offered]
    return format_html("<b>{}</b>\n\n{}", _("🟢 OVH has this in stock"), pieces.blocks(parts))


def _offered(one: Offered, name: str, now: datetime) -> SafeString:
    host, subsidiary = one.shop
    places = [_place(place, now) for place in one.places[:MOST_PLACES]]
    if more := len(one.places) - len(places):
        said = ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more}
        places.append(format_html("{}", said))
    shop = f" ({host.upper()}/{subsidiary})" if subsidiary else f" ({host.upper()})"
    prices = words.prices(*one.due) if subsidiary else ""
    return pieces.lines(
        [
            format_html("{}{}", pieces.plan(name, one.plan_code), shop),
            pieces.parts_of(one.configuration, one.fqn),
            f"💶 {prices}" if prices else "",
            *places,
        ]
    )


def _place(place: Place, now: datetime) -> SafeString:
    said = words.delivery(place.availability)
    since = _("since before I looked")
    if place.since is not None:
        since = _("for %(time)s") % {"time": words.duration((now - place.since).total_seconds())}
    line = format_html("{}: <b>{}</b> · {}", words.place(place.datacenter), said, since)
    if place.refused_at is None:
        return line
    ago = words.duration((now - place.refused_at).total_seconds())
    warning = _("⚠️ OVH showed this and refused it at checkout, %(time)s ago.") % {"time": ago}
    return pieces.lines([line, warning])


def out(plan_code: str, name: str, last: LastSeen | None, now: datetime) -> SafeString:
    """Return that a plan is out, and when it was last there."""
    said = _("It was not seen in stock yet.")
    if last is not None:
        said = _("Last seen in %(place)s: it was there for %(lasted)s, and went %(time)s ago.") % {
            "place": words.place(last.datacenter),
            "lasted": words.duration((last.closed_at - last.opened_at).total_seconds()),
            "time": words.duration((now - last.closed_at).total_seconds()),
        }
    return pieces.lines(
        [
            format_html("<b>{}</b>", _("⚪ Not in stock now")),
            pieces.plan(name, plan_code),
            said,
            _("Send the plan itself to watch for it or to order it."),
        ]
    )


def nothing_wished() -> str:
    """Return a hint where a list of what is in stock would be empty."""
    return _(
        "Nothing that your wishes wait for is in stock now. “/stock 27sk15” shows a plan, and the "
        "portal shows everything."
    )


def details(
    alert: Alert,
    name: str,
    configuration: Configuration | None,
    zone: ZoneInfo,
) -> SafeString:
    """Return all about an alert."""
    wish = alert.wish
    facts = [
        f"{words.place(alert.datacenter)}: {Alert.State(alert.state).label}",
        _("Delivery: %(delivery)s") % {"delivery": words.delivery(alert.availability)},
        f"💶 {words.prices(alert.due_now, alert.renewal, alert.currency)}",
        _("Seen: %(when)s") % {"when": words.moment(alert.stock_seen_at, zone)},
    ]
    if alert.ended_at is not None:
        facts.append(_("Gone: %(when)s") % {"when": words.moment(alert.ended_at, zone)})
    if alert.out_for is not None:
        facts.append(_("Was out for %(time)s") % {"time": words.duration(alert.out_for)})
    if alert.was_refused_at is not None:
        when = words.moment(alert.was_refused_at, zone)
        facts.append(_("⚠️ OVH showed this and refused it at checkout: %(when)s") % {"when": when})
    return format_html(
        "{}\n{}\n<code>{}</code>\n\n{}\n\n{}",
        pieces.plan(name, alert.plan_code),
        pieces.parts_of(configuration, alert.fqn),
        alert.fqn,
        pieces.lines(facts),
        pieces.lines(_wish(wish, alert.currency)),
    )


def _wish(wish: Wish, currency: str) -> list[str]:
    found = [
        _("Wish: %(name)s") % {"name": str(wish)},
        f"{Wish.Mode(wish.mode).label} · {Wish.State(wish.state).label}",
        wish_words.account(wish),
    ]
    if wish.cap_due_now is not None or wish.cap_renewal is not None:
        found.append(wish_words.caps(wish, currency))
    return found
