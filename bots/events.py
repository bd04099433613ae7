"""The kinds of event that staff can be told of, by app.

An app names its own on its AppConfig, as plain data so that nothing is imported for it:
`bot_events = (("giveaway.drawn", _("A giveaway was drawn")), …)`. A kind is
`<noun>.<past verb or state>`, at most 40 characters.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Goes through one channel only, when somebody presses its test button.
TEST = "channel.test"

EVENTS = (
    ("bot.broken", _("A bot stopped working")),
    ("bot.webhook_error", _("Telegram cannot deliver to a bot")),
    ("update.parked", _("An update failed three times and was parked")),
    ("outbox.failed", _("A message could not be sent")),
    ("broadcast.finished", _("A broadcast is finished")),
)


@cache
def registered() -> dict[str, _StrPromise | str]:
    """Return the titles of all kinds, the platform's first, then each app's."""
    found: dict[str, _StrPromise | str] = dict(EVENTS)
    for config in apps.get_app_configs():
        found |= dict(getattr(config, "bot_events", ()))
    return found


def title(kind: str) -> str:
    """Return a kind's title in the active language; the kind itself where no app knows it."""
    return str({TEST: _("Test message"), **registered()}.get(kind, kind))
