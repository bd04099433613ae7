"""An order that somebody types, its preview, and the buttons under that."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from bots import chatter
from bots.incoming import Incoming
from bots.messages import Press
from bots.routing import PASS, Pass, Router
from ovh_sniper.bot import chat
from ovh_sniper.models import Account, Wish
from ovh_sniper.services.chat import commands, proposals, requests, typed_wishes
from ovh_sniper.services.chat.commands import Command
from ovh_sniper.services.chat.proposals import Answer, Proposal
from ovh_sniper.services.chat.requests import Gone, Terms
from ovh_sniper.services.orders import listing
from ovh_sniper.services.telling import preferences
from ovh_sniper.services.telling.buttons import Confirm, Drop, WishFor
from ovh_sniper.services.telling.recipients import Role
from ovh_sniper.services.wording import words
from ovh_sniper.services.wording.objections import CannotOrder, Repeated
from ovh_sniper.texts import pieces
from ovh_sniper.texts import typed as texts

router = Router()


@router.private_text(commands.PATTERN)
def order_by_text(incoming: Incoming) -> Pass | None:
    # a stranger's text is none of ours, and he learns nothing of what would be one
    if not incoming.may(Role.VIEWER):
        return PASS
    try:
        command = commands.read(incoming.text)
    except commands.NotACommand as error:
        return Pass(partial(_not_known, incoming, error.plan_code))
    if chat.may(incoming, Role.OPERATOR):
        _answer(incoming, command, timezone.now())
    return None


def _not_known(incoming: Incoming, plan_code: str) -> None:
    guesses = commands.like(plan_code) if plan_code else []
    incoming.reply(texts.unknown_plan(plan_code, guesses))


def _answer(incoming: Incoming, command: Command, now: datetime) -> None:
    answer = proposals.propose(command, now)
    if answer.waiting and answer.problem is not None:
        _offer_wish(incoming, answer, now)
    elif answer.problem is not None:
        incoming.reply(texts.why_not(answer.problem, command))
    elif proposals.needs_word(answer, preferences.of(incoming.bot.tenant_id)):
        ask(incoming, answer, now)
    else:
        _order(incoming, answer.proposals[0], command, now)


def _order(incoming: Incoming, proposal: Proposal, command: Command, now: datetime) -> None:
    key = f"update:{incoming.bot.id}:{incoming.update_id}"
    try:
        proposals.order(
            command, proposal.account, proposal.terms, person=incoming.person, key=key, now=now
        )
    except Repeated as error:
        incoming.reply(texts.repeated(error.order))
    except CannotOrder as error:
        incoming.reply(texts.why_not(error, command))
    else:
        incoming.reply(texts.at_once(proposal, command, now))


def ask(incoming: Incoming, answer: Answer, now: datetime) -> None:
    """Show what would be ordered, with a button for each account, and wait for a word."""
    shown = answer.proposals[: texts.MOST]
    terms = {one.account.public_id: one.terms for one in shown}
    request = requests.keep(answer.command, incoming.person, terms=terms, now=now)
    keyboard = [
        [Press(_label(one, answer, len(shown)), Confirm(request.public_id, one.account.public_id))]
        for one in shown
    ]
    keyboard.append([Press(_("✖ Drop it"), Drop(request.public_id))])
    incoming.reply(texts.preview(answer, now), keyboard=keyboard)


def _label(one: Proposal, answer: Answer, count: int) -> str:
    due = proposals.total(one, answer.command)
    price = words.money(due, one.preview.currency) if due is not None else "?"
    if count > 1:
        name = pieces.short(one.account.name)
        return _("✅ With %(account)s: %(price)s") % {"account": name, "price": price}
    return _("✅ Order for %(price)s") % {"price": price}


@router.button(Confirm, staff=Role.VIEWER)
def confirm(incoming: Incoming, button: Confirm) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    now = timezone.now()
    try:
        request = requests.take(button.request, incoming.person, now, account=button.account)
    except Gone as gone:
        _say_gone(incoming, gone)
        return
    account = _account(button.account)
    terms = requests.terms_of(request, button.account)
    command = requests.command_of(request)
    if account is None or terms is None:
        incoming.edit(texts.gone("unknown"), keyboard=[])
        return
    key = f"chat:{request.public_id}"
    try:
        proposals.order(command, account, terms, person=incoming.person, key=key, now=now)
    except Repeated as error:
        incoming.edit(texts.repeated(error.order), keyboard=[])
    except CannotOrder as error:
        incoming.edit(texts.why_not(error, command), keyboard=[])
    else:
        incoming.edit(texts.agreed(command, account.name), keyboard=[])


def _account(public_id: str) -> Account | None:
    rows = Account.objects.defer(*listing.ACCOUNT_SECRETS).filter(public_id=public_id)
    found: Account | None = rows.first()
    return found


def _say_gone(incoming: Incoming, gone: Gone) -> None:
    incoming.toast(texts.gone(gone.reason), alert=True)
    if gone.reason == "expired":
        incoming.edit(texts.gone(gone.reason), keyboard=[])


@router.button(Drop, staff=Role.VIEWER)
def drop(incoming: Incoming, button: Drop) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    try:
        requests.take(button.request, incoming.person, timezone.now())
    except Gone as gone:
        _say_gone(incoming, gone)
    else:
        incoming.edit(texts.dropped(), keyboard=[])


# --- Not in stock: a wish


def _offer_wish(incoming: Incoming, answer: Answer, now: datetime) -> None:
    waiting = list(answer.waiting[: texts.MOST])
    terms = {one.account.public_id: one.terms for one in waiting}
    request = requests.keep(answer.command, incoming.person, terms=terms, now=now)
    first = waiting[0].account.public_id
    keyboard = [[Press(_("🔔 Tell me"), WishFor(request.public_id, first, Wish.Mode.ALERT))]]
    for one in waiting:
        which = f" ({pieces.short(one.account.name)})" if len(waiting) > 1 else ""
        account = one.account.public_id
        keyboard.append(
            [
                Press(_("👉 Ask me first") + which, WishFor(request.public_id, account, "ask")),
                Press(_("🤖 Order at once") + which, WishFor(request.public_id, account, "order")),
            ]
        )
    keyboard.append([Press(_("✖ Drop it"), Drop(request.public_id))])
    incoming.reply(texts.not_in_stock(waiting, answer.command), keyboard=keyboard)


@router.button(WishFor, staff=Role.VIEWER)
def wish_for(incoming: Incoming, button: WishFor) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    if button.mode not in Wish.Mode.values:
        chatter.stale_button(incoming)
        return
    now = timezone.now()
    try:
        request = requests.take(button.request, incoming.person, now, account=button.account)
    except Gone as gone:
        _say_gone(incoming, gone)
        return
    account = _account(button.account)
    terms = requests.terms_of(request, button.account)
    if account is None or terms is None:
        incoming.edit(texts.gone("unknown"), keyboard=[])
        return
    command = requests.command_of(request)
    incoming.edit(_wish(incoming, command, account, terms, button.mode, now), keyboard=[])


def _wish(
    incoming: Incoming, command: Command, account: Account, terms: Terms, mode: str, now: datetime
) -> str:
    """Make a wish, and return what is said of it."""
    who, actor = incoming.person, chat.actor(incoming)
    try:
        wish = typed_wishes.make(
            command, account, mode, terms=terms, person=who, actor=actor, now=now
        )
    except CannotOrder as error:
        return texts.why_not(error, command)
    except ValidationError as error:
        return " ".join(error.messages)
    return texts.wished(wish)
