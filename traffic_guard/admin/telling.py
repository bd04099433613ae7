"""What operators see of messages about servers, and of stops and starts typed in chats."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from tenants.admin_filters import OF_TENANT, within
from traffic_guard.admin.labels import LookOnlyAdmin
from traffic_guard.models import Bulletin, ChatRequest, Server


@admin.register(Bulletin)
class BulletinAdmin(LookOnlyAdmin):
    """What was told together, as one message in each chat."""

    related = ("tenant",)
    list_display = ("public_id", "tenant", "kind", "opened_at")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        OF_TENANT,
        within("opened_at", _("opened at")),
    )
    search_fields = ("public_id", "tenant__name", "lines__server__name")
    ordering = ("-pk",)
    fields = ("tenant", "public_id", "kind", "opened_at", "speaks_of")

    @display(description=_("what it speaks of"))
    def speaks_of(self, bulletin: Bulletin) -> str:
        """Servers, each with what is said of it."""
        lines = bulletin.lines.order_by("pk").values_list("server__name", "topic")
        return ", ".join(f"{name} ({topic})" for name, topic in lines)


@admin.register(ChatRequest)
class ChatRequestAdmin(LookOnlyAdmin):
    """Stops and starts that somebody typed, and whether they were confirmed."""

    related = ("tenant", "bot", "person")
    list_display = ("public_id", "tenant", "kind", "person", "expires_at", "taken_at", "batch")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        OF_TENANT,
        within("expires_at", _("expires at")),
    )
    search_fields = ("public_id", "batch", "tenant__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "public_id", "bot", "person", "chat_id", "kind", "named", "batch"),
        *("expires_at", "taken_at"),
    )

    @display(description=_("servers"))
    def named(self, request: ChatRequest) -> str:
        """Names of the servers that were asked about."""
        named = Server.objects.filter(public_id__in=request.servers).order_by("name")
        return ", ".join(named.values_list("name", flat=True))
