"""Groups and channels to choose from in a form; of very many only those that changed last."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from bots.models import Bot, Chat

# A bot can be in tens of thousands of groups, which no page can show and nobody can look through.
MOST = 300


class Listed(NamedTuple):
    """The chats by title, and whether there are more."""

    chats: list[Chat]
    is_cut: bool

    def explained(self, help_text: Any) -> Any:
        """Return a field's help, with a word about what is not listed."""
        if not self.is_cut:
            return help_text
        cut = _(
            "Only the %(count)s groups and channels that changed last are listed. If one is "
            "missing, remove the bot from it and add it again."
        ) % {"count": MOST}
        return f"{help_text} {cut}".strip()


def listed(
    bots: Iterable[Bot], *, stored: object = None, posted: object = None, only_active: bool = True
) -> Listed:
    """Return chats of some bots, each with its bot, in one query.

    `stored` is the key of a chat that stays a choice whatever became of it; `posted` is one that a
    browser sent, which is a choice though many others changed since, but only where it might be
    listed. Each costs a query more where it is not listed.
    """
    by_key = {bot.pk: bot for bot in bots}
    rows = Chat.objects.filter(bot__in=list(by_key))
    if only_active:
        rows = rows.filter(state=Chat.State.ACTIVE)
    found = list(rows.order_by("-updated_at", "-pk")[: MOST + 1])
    chats = {chat.pk: chat for chat in found[:MOST]}
    for chat in chats.values():
        chat.bot = by_key[chat.bot_id]
    for key, among in ((_key(stored), Chat.objects.all()), (_key(posted), rows)):
        if key is not None and key not in chats:
            kept = among.filter(pk=key).select_related("bot").defer("bot__token")
            chats |= {chat.pk: chat for chat in kept}
    return Listed(sorted(chats.values(), key=lambda chat: (chat.title, chat.pk)), len(found) > MOST)


def _key(given: object) -> int | None:
    """Return a chat's key as a number, None where it is none: anything may be posted."""
    text = str(given)
    # as long as a BIGINT's; int() refuses thousands of digits, and takes those of any script
    return int(text) if re.fullmatch(r"[0-9]{1,19}", text) else None
