"""Which updates exist, in which lane they wait and how long they live (telegram.md 1.4)."""

import random
from collections import deque

from emulators.telegram.models import Bot, Update

DAY = 86400.0
WEEK = 7 * DAY
LIFETIMES = {
    "callback_query": 150.0,
    "pre_checkout_query": 150.0,
    "shipping_query": 150.0,
    "inline_query": 30.0,
    "chosen_inline_result": 600.0,
}
MESSAGE_KINDS = ("message", "edited_message", "channel_post", "edited_channel_post")
MEMBERS = "m"
LANES = {
    **dict.fromkeys(MESSAGE_KINDS, "chat"),
    "callback_query": "press",
    "inline_query": "inline",
    "chosen_inline_result": "chosen",
    "shipping_query": "payment",
    "pre_checkout_query": "payment",
    "chat_member": "member",
    "chat_join_request": "member",
    "purchased_paid_media": "paid",
    "managed_bot": "managed",
    "business_connection": "business",
    "my_chat_member": "mine",
    "message_reaction": "reaction",
    "message_reaction_count": "reactions",
    "chat_boost": "boost",
    "removed_chat_boost": "boost",
    "poll": "poll",
    "poll_answer": "poll",
}
KINDS = frozenset(
    [
        *LANES,
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "guest_message",
        "subscription",
        "stopped_message_generation",
    ]
)
OPT_IN = frozenset(["chat_member", "message_reaction", "message_reaction_count"])


def lane_of(kind: str, key: object) -> str:
    """The lane: updates with equal lanes are delivered one after the other."""
    return f"{LANES.get(kind, kind)}:{key}"


def wants(bot: Bot, kind: str) -> bool:
    """Does this bot receive this kind?"""
    return kind not in OPT_IN if bot.allowed_updates is None else kind in bot.allowed_updates


def read_allowed(names: object) -> list[str] | None:
    """A given allowed_updates list; None stands for the default. Unknown names are ignored."""
    if not isinstance(names, list):
        return None
    return sorted({str(name) for name in names} & KINDS) or None


def next_update_id(bot: Bot, now: float) -> int:
    """Counts up by one; after a week of silence it goes on at a random number."""
    if bot.last_update_at and now - bot.last_update_at > WEEK:
        bot.next_update = random.randrange(1, 1_000_000_000)  # noqa: S311 - not a secret
    bot.last_update_at = now
    bot.next_update += 1
    return bot.next_update - 1


class Mailbox:
    """The waiting updates of one bot, by id and by lane."""

    def __init__(self) -> None:
        self.updates: dict[int, Update] = {}
        self.lanes: dict[str, deque[Update]] = {}
        self.busy: set[str] = set()  # lanes with a delivery on the wire
        self.ready: deque[str] = deque()
        self.generation = 0

    def add(self, update: Update) -> None:
        """Queue one at the end of its lane."""
        self.updates[update.id] = update
        lane = self.lanes.get(update.lane)
        if lane is None:
            self.lanes[update.lane] = deque([update])
            if update.lane not in self.busy:
                self.ready.append(update.lane)
        else:
            lane.append(update)

    def rebuild(self) -> None:
        """Start all lanes afresh: the webhook has changed, so every wait is over."""
        self.generation += 1
        self.lanes.clear()
        self.ready.clear()
        waiting = list(self.updates.values())
        self.updates.clear()
        for update in waiting:
            update.attempts, update.due = 0, 0.0
            self.add(update)

    def drop(self, update: Update) -> None:
        """Remove a delivered, confirmed or expired update."""
        self.updates.pop(update.id, None)
        lane = self.lanes.get(update.lane)
        if lane is None:
            return
        if lane[0] is update:
            lane.popleft()
        elif update in lane:
            lane.remove(update)
        if not lane:
            del self.lanes[update.lane]

    def clear(self) -> list[Update]:
        """Drop everything; returns what was dropped."""
        dropped = list(self.updates.values())
        self.updates.clear()
        self.rebuild()
        return dropped
