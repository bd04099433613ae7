"""Checks what people type into the bots' pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bots import products
from bots.models import Bot
from tenants.form_fields import option


def product_choices() -> list[tuple[str, SafeString]]:
    """Return each installed product with its description."""
    return [
        (product.slug, option(product.title, product.description))
        for product in products.installed().values()
    ]


class TokenForm(forms.Form):
    """A token as @BotFather shows it."""

    token = forms.CharField(
        label=_("Bot token"),
        max_length=100,
        help_text=_("@BotFather shows it after /newbot or /token. It is stored encrypted."),
        # no password field: browsers would offer to save it, and a typing mistake must be seen
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "autocapitalize": "off",
                "placeholder": "123456789:AA…",
            }
        ),
    )


class BotSettingsForm(forms.Form):
    """What a bot does, in which language and how updates reach us."""

    products = forms.MultipleChoiceField(
        label=_("Products"),
        required=False,
        choices=product_choices,
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("For people whose Telegram is set to none of our languages."),
    )
    delivery = forms.ChoiceField(
        label=_("Updates arrive by"),
        choices=Bot.Delivery.choices,
        help_text=_("Long polling works without a public address, but is slower."),
    )


class ConnectForm(BotSettingsForm):
    """The last step of connecting: the token that was checked, sealed, and what the bot does."""

    delivery = None  # type: ignore[assignment]
    sealed = forms.CharField(widget=forms.HiddenInput)


class DeleteForm(forms.Form):
    """Asks for the bot's user name before everything is removed."""

    confirm = forms.CharField(
        label=_("User name"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, bot: Bot, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bot = bot

    def clean_confirm(self) -> str:
        """Take the name with or without its @, in any case."""
        typed: str = self.cleaned_data["confirm"].strip().lstrip("@")
        if typed.lower() != self.bot.username.lower():
            raise forms.ValidationError(
                _("Type %(name)s to delete it.") % {"name": f"@{self.bot.username}"}
            )
        return typed
