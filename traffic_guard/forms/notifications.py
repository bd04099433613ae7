"""The form of who hears of servers and traffic, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bots.models import Bot
from bots.services import recipients
from bots.services.listed_chats import listed
from tenants.moments import MomentField
from traffic_guard.models import Preferences
from traffic_guard.services.telling.bulletins import PRODUCT

HOURS = range(24)


class NotificationsForm(forms.Form):
    """Which chat, who in private, when nothing is said, and when digests are sent."""

    chat = forms.ChoiceField(
        label=gettext_lazy("Post alerts in"),
        required=False,
        help_text=gettext_lazy(
            "A group or channel that a bot with the traffic guard was added to. Messages there "
            "have buttons; only linked members can use them."
        ),
    )
    tells_staff = forms.BooleanField(
        label=gettext_lazy("Tell linked members in private"), required=False
    )
    muted_until = MomentField(
        label=gettext_lazy("No alerts in chats until"),
        required=False,
        help_text=gettext_lazy(
            "Planned stops, what became of them, and the channels below are never silent."
        ),
    )
    daily_hour = forms.TypedChoiceField(
        label=gettext_lazy("Daily digest at"), required=False, coerce=int, empty_value=None
    )
    weekly_day = forms.TypedChoiceField(
        label=gettext_lazy("Weekly digest on"), required=False, coerce=int, empty_value=None
    )
    weekly_hour = forms.TypedChoiceField(label=gettext_lazy("Weekly digest at"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bots = [bot for bot in Bot.objects.defer("token") if recipients.serves(bot, PRODUCT)]
        # the one that is chosen stays a choice
        found = listed(bots, stored=self.initial.get("chat"), posted=self.data.get("chat"))
        self.chats = {str(chat.pk): chat for chat in found.chats}
        named = [(key, f"{chat} (@{chat.bot.username})") for key, chat in self.chats.items()]
        never = ("", pgettext("a digest is sent", "never"))
        hours = [(str(hour), _clock(hour)) for hour in HOURS]
        self._choices("chat", [("", _("nowhere")), *named])
        self.fields["chat"].help_text = found.explained(self.fields["chat"].help_text)
        self._choices("daily_hour", [never, *hours])
        self._choices("weekly_day", [never, *((str(day), name) for day, name in WEEKDAYS.items())])
        self._choices("weekly_hour", hours)

    def _choices(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """Return what the valid form says, by the names of the model's fields."""
        given = self.cleaned_data
        return {**given, "chat": self.chats.get(given["chat"])}


def _clock(hour: int) -> str:
    return formats.time_format(datetime(2000, 1, 1, hour), "H:i")  # noqa: DTZ001 - an hour alone


def initial_of(found: Preferences) -> dict[str, Any]:
    """Return settings as the form shows them."""
    names = [name for name in NotificationsForm.base_fields if name != "chat"]
    chat = "" if found.chat_id is None else str(found.chat_id)
    return {**{name: getattr(found, name) for name in names}, "chat": chat}
