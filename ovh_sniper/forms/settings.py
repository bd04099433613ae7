"""The form of a tenant's settings of this product."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bots.models import Bot
from bots.services.listed_chats import listed
from ovh_sniper.forms.wish_fields import AmountField
from ovh_sniper.models import Preferences
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.telling import recipients
from ovh_sniper.services.telling.preferences import SLOWEST
from tenants.moments import MomentField

HOURS = range(24)


class SettingsForm(forms.Form):
    """How often one looks, who is told, and when somebody is asked once more."""

    interval = forms.IntegerField(
        label=gettext_lazy("Look every (seconds)"), min_value=1, max_value=SLOWEST
    )
    chat = forms.ChoiceField(
        label=gettext_lazy("Post alerts in"),
        required=False,
        help_text=gettext_lazy("A group or channel that one of your bots was added to."),
    )
    tells_staff = forms.BooleanField(
        label=gettext_lazy("Tell linked members in private"), required=False
    )
    muted_until = MomentField(
        label=gettext_lazy("Say nothing of stock until"),
        required=False,
        help_text=gettext_lazy("Orders are told all the same. Empty: it is told at once."),
    )
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("Daily digest at"), required=False, coerce=int, empty_value=None
    )
    tells_catalogue = forms.BooleanField(
        label=gettext_lazy("Tell of new plans, promotions and other prices"), required=False
    )
    confirm_above = forms.IntegerField(
        label=gettext_lazy("Confirm more orders than"),
        min_value=0,
        max_value=MAX_QUANTITY,
        help_text=gettext_lazy("0: each order typed in a chat or pressed here is asked about."),
    )
    confirm_amount = AmountField(
        label=gettext_lazy("Confirm a larger total than"),
        help_text=gettext_lazy("With tax, in the account’s currency. Empty: no matter how much."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        floor = settings.OVH_MIN_INTERVAL
        self.fields["interval"].help_text = _(
            "While a wish is armed. OVH is asked once for all; never more often than every "
            "%(floor)s seconds."
        ) % {"floor": f"{floor:g}"}
        bots = [bot for bot in Bot.objects.defer("token") if recipients.serves(bot)]
        # the one that is chosen stays a choice
        found = listed(bots, stored=self.initial.get("chat"), posted=self.data.get("chat"))
        self.chats = {str(chat.pk): chat for chat in found.chats}
        self.fields["chat"].help_text = found.explained(self.fields["chat"].help_text)
        named = [(key, f"{chat} (@{chat.bot.username})") for key, chat in self.chats.items()]
        self.fields["chat"].choices = [("", _("nowhere")), *named]  # type: ignore[attr-defined]
        hours = [(str(hour), f"{hour:02}:00") for hour in HOURS]
        self.fields["digest_hour"].choices = [("", pgettext("a digest is sent", "never")), *hours]  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """Return what the valid form says, by the names of the model's fields."""
        given = self.cleaned_data
        return {**given, "chat": self.chats.get(given["chat"])}


def initial_of(found: Preferences) -> dict[str, Any]:
    """Return settings as the form shows them."""
    names = [name for name in SettingsForm.base_fields if name != "chat"]
    chat = "" if found.chat_id is None else str(found.chat_id)
    return {**{name: getattr(found, name) for name in names}, "chat": chat}
