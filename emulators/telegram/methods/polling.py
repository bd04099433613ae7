"""getUpdates."""

from typing import Any

import orjson

from emulators.telegram.call import Call
from emulators.telegram.errors import ApiError
from emulators.telegram.models import Update
from emulators.telegram.updates import read_allowed
from emulators.wsgi import is_gone

ACTIVE_WEBHOOK = (
    "can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)
MAX_TIMEOUT = 50
LOOK_EVERY = 1.0  # seconds of real time between looks at the connection


def get_updates(call: Call) -> list[Any]:
    """getUpdates: confirms below `offset`, then waits up to `timeout` seconds."""
    bot, state = call.bot, call.state
    if bot.webhook is not None:
        raise ApiError(409, ACTIVE_WEBHOOK)
    if call.params.has("allowed_updates"):
        bot.allowed_updates = read_allowed(call.params.json("allowed_updates"))
    confirm(call)
    bot.polled_at = state.clock.time()
    state.keep_bot(bot)
    number = state.polls.begin(bot.id)
    try:
        waiting = wait(call, number)
    finally:
        state.polls.finish(bot.id, number)
    return [orjson.loads(update.body) for update in waiting]


def confirm(call: Call) -> None:
    """Forget what `offset` confirms; a negative one keeps that many at the end."""
    offset = call.params.integer("offset")
    waiting = sorted(call.state.pending(call.bot), key=lambda update: update.id)
    first = waiting[offset].id if -len(waiting) <= offset < 0 else offset
    for update in waiting:
        if update.id >= first:
            break
        call.state.drop_update(call.bot, update)


def wait(call: Call, number: int) -> list[Update]:
    """The updates to hand out, as soon as there are any."""
    state = call.state
    limit = call.params.integer("limit", 100)
    limit = limit if 1 <= limit <= 100 else 100
    deadline = state.clock.time() + min(MAX_TIMEOUT, call.params.integer("timeout"))
    while True:
        reason = state.polls.reason(number)
        if reason:
            raise ApiError(409, reason)
        waiting = sorted(state.pending(call.bot), key=lambda update: update.id)[:limit]
        left = deadline - state.clock.time()
        if waiting or left <= 0 or state.closing or is_gone(call.environ, 0):
            return waiting
        state.polls.wait(min(left, LOOK_EVERY))


METHODS: dict[str, Any] = {"getupdates": get_updates}
