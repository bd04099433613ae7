"""One update, from parsed JSON to committed effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone, translation

from bots import chatter
from bots.incoming import Incoming
from bots.languages import pick
from bots.messages import Call, Effects
from bots.parsing import Parsed, parse
from bots.products import table
from bots.raw import Malformed
from bots.registry import BotInfo
from bots.routing import Match, Pass, Route, StaffOnly, may_reach, run
from bots.services import answers, chats, failures, people, receipts
from bots.services.receipts import Dialogue, Repeat, Stale
from tenants.scoping import scope

__all__ = ["StoreAway", "TryAgain", "dispatch", "rerun"]

# SQLSTATE of failures that a second try mends: deadlock, serialization, lock not available, a
# standby that was the primary; and by class: connection, resources, PostgreSQL down or coming up
PASSING = ("40P01", "40001", "55P03", "25006", "08", "53", "57P")
# The same in SQLite's words.
PASSING_WORDS = ("locked", "disk i/o error", "disk is full", "unable to open", "readonly database")


class StoreAway(Exception):
    """The database cannot be reached or is busy: Telegram should send the update again."""


class TryAgain(Exception):
    """The handler failed; the update was noted and should be sent again."""


def dispatch(bot: BotInfo, update: Mapping[str, Any], *, response: bool = True) -> str:
    """Take one update: once, whole, or not at all.

    Returns the JSON of a Bot API call that answers in the webhook's response, empty for none. With
    `response=False` (long polling) every call goes to the outbox.

    Raises:
        Stale: the bot changed since it was looked up; look it up again and call again.
        StoreAway: nothing was done, nothing was noted.
        TryAgain: nothing was done; the failure was noted and is below its third time.
    """
    update_id = int(update["update_id"])
    try:
        parsed = parse(bot, update)
        return "" if parsed is None else _take(bot, update_id, parsed, response=response)
    except Stale:
        raise
    except Repeat as known:
        return _repeated(bot, update_id, known.answer, response=response)
    except Exception as error:  # the webhook's edge: any handler may be wrong
        if _store_is_away(error):
            raise StoreAway from error
        return _failed(bot, update, error, response=response)


def rerun(bot: BotInfo, update: Mapping[str, Any], claim: Callable[[], None]) -> None:
    """Take an update that was put aside, in one transaction with `claim`; all goes to the outbox.

    Raises:
        Repeat: it was taken after all.
        Exception: whatever the handler, `claim` or the store raises; nothing was done then.
    """
    update_id = int(update["update_id"])
    parsed = parse(bot, update)
    with scope(bot.tenant_id):
        claim()
        calls: list[Call] = []
        if parsed is not None:
            standing = _look(bot, update_id, parsed, ignore_parked=True)
            calls = _worked(bot, update_id, parsed, standing).calls
        receipts.settle_parked(bot, update_id, calls)


def _take(bot: BotInfo, update_id: int, parsed: Parsed, *, response: bool) -> str:
    with scope(bot.tenant_id):
        standing = _look(bot, update_id, parsed)
        effects = _worked(bot, update_id, parsed, standing)
        free_chat = 0 if standing.is_chat_waiting else parsed.chat.id
        first, rest = effects.split(response=response, free_chat=free_chat)
        answer = "" if first is None else orjson.dumps(first.for_response()).decode()
        receipts.settle(bot, update_id, answer, rest)
        return answer


def _look(
    bot: BotInfo, update_id: int, parsed: Parsed, *, ignore_parked: bool = False
) -> receipts.Standing:
    return receipts.look(
        bot,
        update_id,
        parsed.user["id"],
        parsed.chat.id,
        with_dialogue=parsed.may_answer,
        ignore_parked=ignore_parked,
    )


def _worked(bot: BotInfo, update_id: int, parsed: Parsed, standing: receipts.Standing) -> Effects:
    """Run the handler and return what it said."""
    if parsed.kind == "migration":
        chats.migrate(bot.id, parsed.chat.id, parsed.body["migrate_to_chat_id"])
        return Effects()
    person = people.current(standing.person, bot.id, parsed.user, private=parsed.chat.is_private)
    incoming = Incoming(
        bot=bot,
        update_id=update_id,
        kind=parsed.kind,
        person=person,
        chat=parsed.chat,
        raw=parsed.body,
        text=parsed.text,
        args=parsed.args,
        message_id=parsed.message_id,
        has_photo=parsed.has_photo,
        callback_id=parsed.callback_id,
    )
    with translation.override(pick(person.language, person.client_language, bot.language)):
        _run(incoming, parsed, standing.dialogue)
    if incoming.callback_id:
        _end_progress_bar(incoming)
    return incoming.effects


def _run(incoming: Incoming, parsed: Parsed, dialogue: Dialogue | None) -> None:
    if parsed.kind == "my_chat_member":
        chats.membership_changed(incoming)
    elif parsed.is_stale_press:
        chatter.stale_button(incoming)
    elif parsed.match is not None:
        _reach(parsed.match, incoming)
    elif dialogue is not None:
        _answer(incoming, dialogue)
    else:
        _hear(parsed.free_text, incoming)


def _reach(match: Match, incoming: Incoming) -> None:
    try:
        run(match, incoming)
    except StaffOnly:
        chatter.staff_only(incoming)


def _hear(routes: tuple[Route, ...], incoming: Incoming) -> None:
    """Hand a free text to the products whose patterns it fits, until one does not pass it on."""
    passed: list[Pass] = []
    allowed = [route for route in routes if may_reach(route, incoming)]
    for route in allowed:
        outcome = run(Match(route), incoming)
        if outcome is None:
            return
        passed.append(outcome)
    otherwise = next((one.otherwise for one in passed if one.otherwise is not None), None)
    if otherwise is not None:
        otherwise()
    elif routes and not allowed:
        chatter.staff_only(incoming)
    else:
        chatter.unknown(incoming)


def _answer(incoming: Incoming, dialogue: Dialogue) -> None:
    """Hand a text to the question it answers, which is closed by that unless asked again."""
    route = table(incoming.bot.products).states.get(dialogue.state)
    if route is None or dialogue.expires_at <= timezone.now():
        chatter.expired(incoming)
        return
    incoming.data = dialogue.data
    _reach(Match(route), incoming)
    if not incoming.is_question_settled:
        incoming.forget()


def _end_progress_bar(incoming: Incoming) -> None:
    """A press that nobody answered would spin in the person's app: answer it with nothing."""
    calls = incoming.effects.calls
    if not any(one.method == "answerCallbackQuery" for one in calls):
        incoming.toast("")


def _repeated(bot: BotInfo, update_id: int, answer: str, *, response: bool) -> str:
    """Return the answer that an update got when it was taken, `answer` if that is known.

    Without a response to put it in it goes to the outbox: a bot that went from webhook to polling
    gets again what it could not deliver.
    """
    try:
        if not answer:
            with scope(bot.tenant_id, transaction=False):
                answer = receipts.answer_of(bot, update_id)
        if response or not answer:
            return answer
        answers.to_outbox(bot, update_id, answer)
    except DatabaseError as error:
        raise StoreAway from error
    return ""


def _failed(bot: BotInfo, update: Mapping[str, Any], error: Exception, *, response: bool) -> str:
    # what Telegram never sends will not be better the third time
    park_at = 1 if isinstance(error, Malformed) else failures.PARK_AT
    try:
        is_settled = failures.note(bot, update, error, park_at=park_at)
    except Exception as second:  # the update itself may be what cannot be stored
        if _store_is_away(second):
            raise StoreAway from second
        is_settled = _noted_bare(bot, update, error, park_at)
    if not is_settled:
        raise TryAgain from error
    return _repeated(bot, int(update["update_id"]), "", response=response)


def _noted_bare(bot: BotInfo, update: Mapping[str, Any], error: Exception, park_at: int) -> bool:
    try:
        return failures.note(bot, update, error, park_at=park_at, keep_update=False)
    except DatabaseError as second:
        raise StoreAway from second


def _store_is_away(error: Exception) -> bool:
    """Tell a store that is away or busy from a handler's wrong query."""
    if not isinstance(error, DatabaseError):
        return False
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    if connection.connection is None or sqlstate.startswith(PASSING):
        return True
    # What the server says has a SQLSTATE: without one the connection broke. Asking the connection
    # would not tell: the end of the transaction has opened another one already.
    if connection.vendor == "postgresql" and isinstance(error, OperationalError):
        return not sqlstate
    said = str(error).lower()
    if isinstance(error, InterfaceError):
        return "connection" in said and "closed" in said
    return isinstance(error, OperationalError) and any(word in said for word in PASSING_WORDS)
