"""What is said of an order that somebody typed, before there is one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.models import Order, Wish
from ovh_sniper.services.chat.commands import Command
from ovh_sniper.services.chat.proposals import Answer, Proposal
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.telling import wish_words
from ovh_sniper.services.wording import words
from ovh_sniper.services.wording.objections import CannotOrder
from ovh_sniper.texts import pieces

# Accounts that are shown with their prices; nobody has more in one tenant's bot.
MOST = 6


def preview(answer: Answer, now: datetime) -> SafeString:
    """Return what would be ordered, before anybody agreed."""
    shown = answer.proposals[:MOST]
    foot = _("Nothing is ordered yet. Confirm within 10 minutes.")
    if len(shown) > 1:
        foot = _("Nothing is ordered yet. Choose an account within 10 minutes.")
    return format_html(
        "<b>{}</b>\n\n{}\n\n{}",
        _("🛒 Order this?"),
        pieces.blocks([_proposal(one, answer.command, now) for one in shown]),
        foot,
    )


def at_once(proposal: Proposal, command: Command, now: datetime) -> SafeString:
    """Return what is being ordered, without a question."""
    heading = _("📝 Ordering")
    return format_html("<b>{}</b>\n\n{}", heading, _proposal(proposal, command, now))


def agreed(command: Command, account: str) -> SafeString:
    """Return what a preview says once it was confirmed."""
    said = _("Account: %(name)s") % {"name": account}
    title = _title("", command)
    return format_html("<b>{}</b>\n\n{}\n{}", _("📝 Ordering"), title, said)


def _title(name: str, command: Command) -> SafeString:
    plan = pieces.plan(name, command.plan_code)
    return format_html("{} × {}", command.quantity, plan) if command.quantity != 1 else plan


def _proposal(one: Proposal, command: Command, now: datetime) -> SafeString:
    shown = one.preview
    return pieces.lines(
        [
            _title(one.name, command),
            pieces.parts_of(one.configuration, shown.fqn),
            pieces.in_order(shown.datacenters),
            *_prices(one, command),
            _("Account: %(name)s") % {"name": one.account.name},
            _ghosts(one, now),
        ]
    )


def _prices(one: Proposal, command: Command) -> list[str]:
    shown, count = one.preview, command.quantity
    each = words.prices(shown.due_now, shown.renewal, shown.currency)
    if count == 1 or shown.due_now is None:
        return [f"💶 {each}"]
    renewal = None if shown.renewal is None else shown.renewal * count
    total = words.prices(shown.due_now * count, renewal, shown.currency)
    said = ngettext("%(n)s order: %(prices)s", "%(n)s orders: %(prices)s", count)
    return [
        _("💶 Each: %(prices)s") % {"prices": each},
        "Σ " + said % {"n": count, "prices": total},
    ]


def _ghosts(one: Proposal, now: datetime) -> str:
    if not one.refused:
        return ""
    latest = max(one.refused.values())
    return _("⚠️ OVH showed this in %(places)s and refused it at checkout, %(time)s ago.") % {
        "places": ", ".join(sorted(one.refused)),
        "time": words.duration((now - latest).total_seconds()),
    }


# --- Where there is nothing to order


def why_not(problem: CannotOrder, command: Command) -> SafeString:
    """Return why a command cannot be ordered, and what to do."""
    said = reasons.words(problem.reason, problem.detail)
    if problem.reason == "account":
        said = _("There is no OVH account that can order. Link one in the portal, under Accounts.")
    return format_html("{}\n{}", pieces.plan("", command.plan_code), said)


def _price(proposal: Proposal, *, is_named: bool) -> str:
    shown = proposal.preview
    prices = words.prices(shown.due_now, shown.renewal, shown.currency)
    return f"💶 {proposal.account.name}: {prices}" if is_named else f"💶 {prices}"


def not_in_stock(waiting: Sequence[Proposal], command: Command) -> SafeString:
    """Return that there is none, and what can be done about it."""
    one = waiting[0]
    places = command.datacenters or one.preview.datacenters
    facts = [
        _title(one.name, command),
        pieces.parts_of(one.configuration, one.preview.fqn) if command.options else "",
        pieces.in_order(places),
        # each button orders at the price of its own account
        *(_price(other, is_named=len(waiting) > 1) for other in waiting[:MOST]),
    ]
    offer = _(
        "Shall I watch for it? “Order at once” orders without asking, as soon as it is there and "
        "for no more than this price."
    )
    heading = _("⚪ Not in stock now")
    return format_html("<b>{}</b>\n\n{}\n\n{}", heading, pieces.lines(facts), offer)


def wished(wish: Wish) -> SafeString:
    """Return that a wish was made."""
    currency = wish.account.currency if wish.account is not None else ""
    caps = [wish.cap_due_now, wish.cap_renewal]
    return format_html(
        "<b>{}</b>\n\n{}",
        _("✅ I watch for it"),
        pieces.lines(
            [
                _title("", Command(wish.plan_code, quantity=wish.quantity)),
                wish_words.hardware(wish),
                wish_words.places(wish),
                wish_words.caps(wish, currency) if any(cap is not None for cap in caps) else "",
                str(wish_words.HAPPENS[Wish.Mode(wish.mode)]),
                _("/list shows all wishes."),
            ]
        ),
    )


def unknown_plan(plan_code: str, guesses: Sequence[str]) -> SafeString:
    """Return that there is no such plan, and what may have been meant."""
    lines = [
        format_html(_("I know no plan {code}."), code=format_html("<code>{}</code>", plan_code))
        if plan_code
        else format_html("{}", _("I did not understand that."))
    ]
    if guesses:
        codes = format_html(", ".join(["<code>{}</code>"] * len(guesses)), *guesses)
        lines.append(format_html(_("Did you mean {codes}?"), codes=codes))
    return format_html("{}\n\n{}", pieces.lines(lines), forms())


def forms() -> SafeString:
    """Return how an order is typed."""
    return format_html(
        "{}\n<code>27sk15</code>\n<code>27sk15 gra</code>\n<code>27sk15 2</code>\n"
        "<code>27sk15 gra 2</code>\n<code>27sk15 gra 2 ram-64g-ecc-3200</code>\n{}",
        _("An order is a plan, then if you like a datacenter, a quantity and options:"),
        _("/stock shows what is there."),
    )


# --- Buttons that do nothing


def gone(reason: str) -> str:
    """Return why a button does nothing any more."""
    said = {
        "foreign": _("Somebody else asked for this. Send your own."),
        "expired": _("This is more than 10 minutes old. Send it again."),
        "taken": _("This was answered already."),
        "ended": _("It is sold out again, so nothing was ordered."),
        "ordered": _("This was ordered already. /orders shows it."),
    }
    return said.get(reason) or _("I cannot find that any more. Send /status.")


def repeated(order: Order) -> str:
    """Return that the two-minute guard held an order back."""
    said = _("%(order)s was ordered less than two minutes ago, so I did not order it again.")
    if order.requested_by:
        said = _(
            "%(order)s was ordered less than two minutes ago by %(name)s, so I did not order it "
            "again."
        )
    return said % {"order": str(order), "name": order.requested_by}


def dropped() -> str:
    """Return that nothing was ordered."""
    return _("All right, nothing was ordered.")


def only_for(role: str) -> str:
    """Return that somebody's role is too low for an act."""
    if role == "admin":
        return _("Only owners and admins of the tenant may pay.")
    return _("Your role may watch, not order. Ask an operator or an admin.")
