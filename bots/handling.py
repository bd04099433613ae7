"""What handlers of several products share: the language of a chat, who acts, pages of a list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation
from django.utils.translation import gettext as _

from bots.buttons import Button
from bots.incoming import Incoming
from bots.messages import Press
from tenants.services.audit import Actor


@contextmanager
def speaking(incoming: Incoming) -> Iterator[None]:
    """Speak the bot's language where many read, the person's in private."""
    if incoming.chat.is_private:
        yield
        return
    with translation.override(incoming.bot.language):
        yield


def actor(incoming: Incoming) -> Actor:
    """Return who acts, for the audit."""
    member = incoming.member
    user_id = member.user_id if member is not None else None
    return Actor(kind="person", name=incoming.person.full_name, user_id=user_id)


def pager(back: Button, more: Button, page: int, pages: int) -> list[list[Press]]:
    """Return the buttons to the page before and the page after, where there are such."""
    keys = []
    if page > 0:
        keys.append(Press(_("‹ Back"), back))
    if page < pages - 1:
        keys.append(Press(_("More ›"), more))
    return [keys] if keys else []
