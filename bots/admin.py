"""What operators see of bots, and of the people and chats they know; traffic: admin_traffic."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from bots import admin_notices, admin_traffic  # noqa: F401 - register the rest
from bots.models import Bot, Chat, Person
from bots.services import connecting, reasons
from tenants import admin_display as show
from tenants.admin_base import Operation, ReadOnlyAdmin
from tenants.admin_filters import BY_STATE, OF_BOT, OF_TENANT, within
from tenants.redaction import struck
from tenants.services.audit import Actor

# lists that a bot's page leads to: model, title, conditions
LISTS: tuple[tuple[str, Any, dict[str, str]], ...] = (
    ("person", _("People"), {}),
    ("chat", _("Chats"), {}),
    ("outboxmessage", _("Failed messages"), {"state__exact": "failed"}),
    ("outboxmessage", _("Waiting messages"), {"state__exact": "due"}),
    ("failedupdate", _("Parked updates"), {"state__exact": "parked"}),
    ("broadcast", _("Broadcasts"), {}),
)


def _disable(request: HttpRequest, bot: Bot) -> bool:
    if bot.state == Bot.State.DISABLED:
        return False
    connecting.disable(bot, actor=Actor.from_request(request))
    return True


@admin.register(Bot)
class BotAdmin(ReadOnlyAdmin):
    """Bots of all tenants; their tokens and digests are on no page."""

    operations = (
        Operation(
            name="disable",
            label=_("Switch off"),
            question=_("The bot stops answering at once. Its owner can switch it on again."),
            icon="power_settings_new",
            variant=ActionVariant.DANGER,
            run=_disable,
            fits=lambda bot: bot.state != Bot.State.DISABLED,
            done=ngettext_lazy("%(count)d bot is off.", "%(count)d bots are off.", "count"),
            left=ngettext_lazy(
                "%(count)d bot was off already.", "%(count)d bots were off already.", "count"
            ),
        ),
    )
    related = ("tenant",)
    number_fields = ("telegram_id",)
    list_display = (
        "username",
        "tenant",
        "state_label",
        "reason",
        "pending",
        "lag",
        "checked_at",
    )
    list_filter = (BY_STATE, OF_TENANT, ("delivery", ChoicesDropdownFilter))
    search_fields = ("username", "name", "public_id", "tenant__name", "tenant__slug")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {"fields": ("username", "name", "tenant", "telegram_id", "public_id", "created_at")},
        ),
        (
            _("State"),
            {"fields": ("state", "reason", "running", "language", "delivery", "lists")},
        ),
        (_("Health"), {"fields": ("checked_at", "pending", "lag", "seen")}),
    )
    state_label = show.state_column()
    running = show.list_column("products", _("products"))
    seen = show.json_column("health", _("at the last check"))

    @display(description=_("reason"))
    def reason(self, bot: Bot) -> str:
        """Why it needs attention, in the reader's words."""
        return struck(reasons.shown(bot.state_reason))

    @display(description=_("pending"))
    def pending(self, bot: Bot) -> int | None:
        """Updates that Telegram holds for it, at the last health check."""
        count: int | None = bot.health.get("pending")
        return count

    @display(description=_("lag, seconds"))
    def lag(self, bot: Bot) -> int | None:
        """For how long its oldest message had waited, at the last health check."""
        seconds: int | None = bot.health.get("lag_seconds")
        return seconds

    @display(description=_("Related lists"))
    def lists(self, bot: Bot) -> SafeString:
        """Links to what belongs to it."""
        links = [
            (
                reverse(f"admin:bots_{model}_changelist"),
                urlencode({"bot__id__exact": bot.pk, **conditions}),
                title,
            )
            for model, title, conditions in LISTS
        ]
        return format_html(
            '<ul class="operator-links">{}</ul>',
            format_html_join("", '<li><a href="{}?{}">{}</a></li>', links),
        )


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    """People who wrote to bots."""

    related = ("tenant", "bot")
    number_fields = ("telegram_id",)
    list_display = (
        "full_name",
        "username",
        "telegram_id",
        "bot",
        "tenant",
        "language",
        "has_started",
        "blocked_at",
        "seen_at",
    )
    list_filter = (
        OF_TENANT,
        OF_BOT,
        ("blocked_at", admin.EmptyFieldListFilter),
        within("seen_at", _("last seen")),
    )
    search_fields = ("username", "first_name", "last_name")
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        "full_name",
        "username",
        "telegram_id",
        "bot",
        "tenant",
        "language",
        "client_language",
        "has_started",
        "blocked_at",
        "created_at",
        "seen_at",
    )

    @display(description=_("name"))
    def full_name(self, person: Person) -> str:
        """First and last name."""
        return person.full_name


@admin.register(Chat)
class ChatAdmin(ReadOnlyAdmin):
    """Groups and channels that bots are in, or were."""

    related = ("tenant", "bot")
    number_fields = ("telegram_id",)
    list_display = (
        "name",
        "kind",
        "telegram_id",
        "bot",
        "tenant",
        "is_admin",
        "state_label",
        "updated_at",
    )
    list_filter = (OF_TENANT, OF_BOT, BY_STATE)
    search_fields = ("title", "username")
    ordering = ("-pk",)
    fields = (
        "name",
        "username",
        "kind",
        "telegram_id",
        "bot",
        "tenant",
        "is_admin",
        "state",
        "updated_at",
    )
    state_label = show.state_column()

    @display(description=_("title"))
    def name(self, chat: Chat) -> str:
        """The title, or the number of a chat without one."""
        return str(chat)
