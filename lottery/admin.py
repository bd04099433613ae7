"""What operators see of giveaways. They only look: nobody sets a winner or a weight by hand."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from lottery.models import DrawRecord, Entry, Lottery, Place, Prize
from tenants import admin_display as show
from tenants.admin_base import ReadOnlyAdmin
from tenants.admin_filters import BY_STATE, OF_BOT, OF_TENANT, within

OF_LOTTERY = ("lottery", AutocompleteSelectFilter)
LISTS = (("entry", _("Entries")), ("place", _("Drawn places")), ("drawrecord", _("Draw record")))


class Prizes(TabularInline):
    """What can be won."""

    model = Prize
    fields = readonly_fields = ("tier", "name", "count")
    extra = max_num = 0
    hide_title = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prize]:
        """Return the prizes, the best first."""
        prizes: QuerySet[Prize] = super().get_queryset(request).order_by("tier", "pk")
        return prizes


@admin.register(Lottery)
class LotteryAdmin(ReadOnlyAdmin):
    """Giveaways; the secret that a draw is made of stays sealed."""

    related = ("tenant", "bot", "chat")
    number_fields = ("number",)
    list_display = (
        "title",
        "tenant",
        "number",
        "bot",
        "state_label",
        "entry_count",
        "starts_at",
        "ends_at",
    )
    list_filter = (BY_STATE, OF_TENANT, OF_BOT)
    search_fields = ("title", "public_id", "bot__username", "tenant__name")
    date_hierarchy = "ends_at"
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("title", "tenant", "number", "bot", "chat", "public_id", "lists")}),
        (_("Content"), {"fields": ("whole_text", "image", "reserves")}),
        (
            _("Timeline"),
            {
                "fields": (
                    "state",
                    "entry_count",
                    "counted_at",
                    "starts_at",
                    "ends_at",
                    "time_zone",
                    "opened_at",
                    "frozen_at",
                    "announced_at",
                    "cancelled_at",
                    "cancel_reason",
                    "retry_at",
                    "created_at",
                )
            },
        ),
        (_("Proof"), {"fields": ("secret_sha256",)}),
    )
    inlines = (Prizes,)
    state_label = show.state_column()
    whole_text = show.block_column("text", _("text"))

    @display(description=_("Related lists"))
    def lists(self, lottery: Lottery) -> SafeString:
        """Links to what belongs to it."""
        query = urlencode({"lottery__id__exact": lottery.pk})
        links = [
            (reverse(f"admin:lottery_{model}_changelist"), query, title) for model, title in LISTS
        ]
        return format_html(
            '<ul class="operator-links">{}</ul>',
            format_html_join("", '<li><a href="{}?{}">{}</a></li>', links),
        )


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Who takes part in what."""

    related = ("tenant", "lottery", "person")
    number_fields = ("person__telegram_id",)
    list_display = (
        "lottery",
        "person",
        "tenant",
        "state_label",
        "weight",
        "entry_no",
        "joined_at",
    )
    list_filter = (OF_TENANT, OF_LOTTERY, BY_STATE, within("joined_at", _("joined at")))
    search_fields = ("person__username", "person__first_name", "person__last_name")
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        "lottery",
        "person",
        "tenant",
        "state",
        "reason",
        "weight",
        "entry_no",
        "ticket_end",
        "joined_at",
    )
    state_label = show.state_column()


@admin.register(DrawRecord)
class DrawRecordAdmin(ReadOnlyAdmin):
    """What draws were made of, as anybody may check it."""

    related = ("tenant", "lottery")
    list_display = ("lottery", "tenant", "record_hash", "committed_at", "drawn_at")
    list_filter = (OF_TENANT, OF_LOTTERY)
    search_fields = ("record_hash", "lottery__title")
    date_hierarchy = "committed_at"
    ordering = ("-pk",)
    fields = (
        "lottery",
        "tenant",
        "record_hash",
        "committed_at",
        "drawn_at",
        "beacon",
        "revealed",
        "whole_record",
    )
    whole_record = show.block_column("record", _("record"))

    @display(description=_("revealed secret"))
    def revealed(self, record: DrawRecord) -> str:
        """The secret, which is public once the draw is made; before that the row has none."""
        return record.secret if record.drawn_at else ""


@admin.register(Place)
class PlaceAdmin(ReadOnlyAdmin):
    """Who was drawn for what."""

    related = ("tenant", "lottery", "entry__person", "prize")
    list_display = ("lottery", "position", "winner", "prize", "tenant")
    list_filter = (OF_TENANT, OF_LOTTERY)
    search_fields = ("lottery__title", "entry__person__username", "entry__person__first_name")
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("lottery", "position", "winner", "entry", "prize", "tenant")

    @display(description=_("person"))
    def winner(self, place: Place) -> str:
        """Who holds the place."""
        return place.entry.person.full_name
