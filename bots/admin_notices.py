"""What operators see of notices to staff, and of the channels these go through."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from bots.models import Channel, Notice
from tenants import admin_display as show
from tenants.admin_base import ReadOnlyAdmin
from tenants.admin_filters import BY_STATE, OF_TENANT, within


@admin.register(Channel)
class ChannelAdmin(ReadOnlyAdmin):
    """Where tenants have notices sent; addresses and secrets are on no page."""

    related = ("tenant", "bot")
    list_display = ("name", "kind", "tenant", "bot", "is_active", "last_ok_at", "short_error")
    list_filter = (OF_TENANT, ("kind", ChoicesDropdownFilter), "is_active")
    search_fields = ("name", "public_id", "tenant__name", "tenant__slug")
    ordering = ("-pk",)
    fields = (
        "name",
        "kind",
        "tenant",
        "bot",
        "told",
        "is_active",
        "last_ok_at",
        "short_error",
        "created_at",
        "public_id",
    )
    told = show.list_column("events", _("events"))
    short_error = show.text_column("last_error", _("last error"))


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Notices on their way through channels."""

    related = ("tenant", "channel")
    list_display = (
        "short_title",
        "event",
        "channel",
        "tenant",
        "state_label",
        "attempts",
        "due_at",
        "short_error",
    )
    list_filter = (BY_STATE, OF_TENANT, within("created_at", _("created at")))
    search_fields = ("title", "event", "error")
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        "short_title",
        "event",
        "channel",
        "tenant",
        "state",
        "attempts",
        "due_at",
        "created_at",
        "short_error",
        "whole_text",
        "content",
    )
    state_label = show.state_column()
    short_title = show.text_column("title", _("title"), length=60)
    short_error = show.text_column("error", _("error"), length=60)
    whole_text = show.block_column("text", _("text"))
    content = show.json_column("data", _("data"))
