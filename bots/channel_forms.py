"""Checks what people type into the pages of notification channels and broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bots import events
from bots.gateways import feishu, public_http
from bots.gateways.errors import Refused
from bots.messages import MAX_TEXT
from bots.models import Bot, Channel
from bots.services import broadcasts, channels
from bots.services.channels import Place, Places
from tenants.encryption import DecryptionError
from tenants.models import Membership

PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
KEEP = _("Leave it empty to keep the stored one, which is never shown.")


def event_choices() -> list[tuple[str, Any]]:
    """Return the kinds of event with their titles."""
    return list(events.registered().items())


class ChannelForm(forms.Form):
    """What all channels have; `place` and `secret` come from the kind's own form."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Tells it apart from the others in the list.")
    )
    events = forms.MultipleChoiceField(
        label=_("Notify about"),
        choices=event_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With all of them ticked, kinds added later are included."),
        error_messages={"required": _("Tick at least one.")},
    )
    is_active = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    field_order = ["name", "target", "secret", "events", "is_active"]

    def __init__(self, channel: Channel | None, data: Any = None) -> None:
        self.channel = channel
        super().__init__(data, initial=self._initial(channel))
        if channel is None:
            del self.fields["is_active"]
        else:
            self.keep_what_is_stored()

    def _initial(self, channel: Channel | None) -> dict[str, Any]:
        everything = list(events.registered())
        if channel is None:
            return {"events": everything}
        return {
            "name": channel.name,
            "events": channel.events or everything,
            "is_active": channel.is_active,
        }

    def keep_what_is_stored(self) -> None:
        """Make secret boxes optional, since an empty one keeps what is stored."""
        for name in ("target", "secret"):
            if name in self.fields:
                self.fields[name].required = False
                self.fields[name].help_text = KEEP

    def clean_events(self) -> list[str]:
        """Return the chosen kinds; all of them are stored as none, which means all."""
        chosen: list[str] = self.cleaned_data["events"]
        return [] if len(chosen) == len(events.registered()) else chosen

    def values(self) -> dict[str, Any]:
        """Return the channel's new values: secrets only where something was typed."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("target", "secret") or value
        }


class FeishuForm(ChannelForm):
    """A custom bot in a Feishu or Lark group."""

    target = forms.CharField(
        label=_("Webhook address"),
        max_length=300,
        widget=forms.TextInput(
            attrs={**PLAIN, "placeholder": feishu.FEISHU + feishu.HOOK_PATH + "…"}
        ),
        help_text=format_lazy(
            _(
                "In Feishu, open the group’s settings → Bots → Add bot → Custom bot, and copy the "
                "webhook address. If it asks for keywords, enter {word}: every notice ends with it."
            ),
            word=feishu.KEYWORD,
        ),
    )
    secret = forms.CharField(
        label=_("Signing secret"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Only if you ticked “Signature verification” there."),
    )

    def clean_target(self) -> str:
        """Return the full address of the hook."""
        entered: str = self.cleaned_data["target"]
        return _or_invalid(lambda: feishu.hook_address(entered)) if entered else ""


class EmailForm(ChannelForm):
    """A mailbox."""

    target = forms.EmailField(label=_("E-mail address"), max_length=254)

    def keep_what_is_stored(self) -> None:
        """Show the address: it is no secret."""
        with suppress(DecryptionError):
            self.initial["target"] = self.channel.target if self.channel else ""


class WebhookForm(ChannelForm):
    """A web service of the tenant's own."""

    target = forms.CharField(
        label=_("Address"),
        max_length=public_http.MAX_URL,
        widget=forms.URLInput(attrs={**PLAIN, "placeholder": "https://example.com/botharbor"}),
        help_text=_(
            "We POST each notice there as JSON and sign it with a secret that you get in the next "
            "step. It must be an https address on the public internet."
        ),
    )

    def clean_target(self) -> str:
        """Return the address if tenants may have it; its name is looked up at each delivery."""
        entered: str = self.cleaned_data["target"].strip()
        return _or_invalid(lambda: str(public_http.check(entered))) if entered else ""


class TelegramForm(ChannelForm):
    """A chat of one of the tenant's bots."""

    target = forms.ChoiceField(label=_("Chat"), widget=forms.RadioSelect)

    def __init__(self, channel: Channel | None, data: Any = None, *, choice: Places) -> None:
        self.places = {place.key: place for place in choice.places}
        super().__init__(channel, data)
        field = self.fields["target"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(place.key, _described(place)) for place in choice.places]
        field.help_text = choice.groups.explained(
            _(
                "A group appears here once the bot is in it; your own account once you have linked "
                "it on the bot’s page."
            )
        )

    def keep_what_is_stored(self) -> None:
        """Tick the chat that is stored."""
        channel = self.channel
        if channel is not None and channel.bot is not None:
            with suppress(DecryptionError):
                self.initial["target"] = f"{channel.bot.public_id}:{channel.target}"

    def values(self) -> dict[str, Any]:
        """Return the chat's id and its bot."""
        place = self.places[self.cleaned_data["target"]]
        return {**self.cleaned_data, "target": str(place.chat_id), "bot": place.bot}


def _described(place: Place) -> Any:
    return format_html(
        '<span class="two-lines"><strong>{}</strong><small>{}</small></span>',
        format_lazy(_("{name} (you)"), name=place.title) if place.is_own else place.title,
        place.bot,
    )


def _or_invalid(parse: Any) -> str:
    try:
        return str(parse())
    except Refused as refused:
        raise forms.ValidationError(refused.description) from None


def channel_form(
    kind: str, channel: Channel | None, data: Any, *, membership: Membership
) -> ChannelForm:
    """Return the form of a kind of channel; a channel to change, or None for a new one."""
    if kind == Channel.Kind.TELEGRAM:
        posted = data.get("target", "") if data else ""
        choice = channels.places(membership, channel, posted=posted)
        return TelegramForm(channel, data, choice=choice)
    forms_by_kind: dict[str, type[ChannelForm]] = {
        Channel.Kind.FEISHU: FeishuForm,
        Channel.Kind.EMAIL: EmailForm,
        Channel.Kind.WEBHOOK: WebhookForm,
    }
    return forms_by_kind[kind](channel, data)


class BroadcastForm(forms.Form):
    """A text for all people of a bot."""

    bot = forms.ChoiceField(label=_("Bot"))
    text = forms.CharField(
        label=_("Text"),
        # \r\n of the browser would count, and Telegram sees line ends as one character
        max_length=2 * MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Sent exactly as you write it, up to 4096 characters. Links become clickable."),
    )
    # the broadcast's own name: sending the same form twice starts it once
    key = forms.SlugField(widget=forms.HiddenInput, max_length=22)

    def __init__(self, bots: Sequence[tuple[Bot, int]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bots = {bot.public_id: (bot, people) for bot, people in bots}
        field = self.fields["bot"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [
            (bot.public_id, format_lazy(_("{bot} – {people} people"), bot=bot, people=people))
            for bot, people in bots
        ]

    def clean_text(self) -> str:
        """Return the text with plain line ends."""
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if broadcasts.length(text) > MAX_TEXT:
            raise forms.ValidationError(
                _("The text is too long: Telegram takes 4096 characters, and emoji count twice.")
            )
        return text

    def chosen(self) -> tuple[Bot, int]:
        """Return the chosen bot and how many people it reaches."""
        return self.bots[self.cleaned_data["bot"]]
