"""What operators see of orders and carts: no cart id, no address or password of an order."""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from ovh_sniper.admin import columns
from ovh_sniper.admin.labels import LookOnlyAdmin
from ovh_sniper.models import Order, WarmCart
from ovh_sniper.services.orders import reasons, story
from tenants import admin_display as show
from tenants.admin_filters import BY_STATE, OF_TENANT, within
from tenants.redaction import struck


@admin.register(Order)
class OrderAdmin(LookOnlyAdmin):
    """Orders of all tenants, from the intent to the delivery."""

    related = ("tenant", "account", "wish")
    number_fields = ("ovh_order_id",)
    list_display = (
        "plan_code",
        "datacenter",
        "tenant",
        "account",
        "source",
        "state_label",
        "why",
        "cost",
        "ovh_order_id",
        "created_at",
    )
    list_filter = (
        BY_STATE,
        ("source", ChoicesDropdownFilter),
        OF_TENANT,
        columns.OF_ACCOUNT,
        columns.OF_WISH,
        within("created_at", _("created at")),
    )
    search_fields = ("plan_code", "service_name", "public_id", "requested_by", "tenant__name")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("tenant", "account", "wish", "public_id", "source", "requested_by")}),
        (
            _("What"),
            {"fields": ("plan_code", "fqn", "datacenter", "also_tried", "held", "dry_run")},
        ),
        (
            _("Money"),
            {
                "fields": (
                    *("cost", "monthly", "cap_due_now", "cap_renewal", "autopay"),
                    *("waive_retractation", "pay_until"),
                )
            },
        ),
        (
            _("State"),
            {
                "fields": (
                    *("state", "why", "ovh_order_id", "service_name", "wanted", "retry_at"),
                    "timeline",
                )
            },
        ),
    )
    state_label = columns.state()
    cost = columns.money("due_now", _("due now"))
    monthly = columns.money("renewal", _("renewal"))
    also_tried = show.list_column("fallbacks", _("other datacenters"))
    held = show.json_column("addons", _("addons"))

    @display(description=_("reason"))
    def why(self, order: Order) -> str:
        """Why it was refused or cancelled, in words."""
        if not order.reason and not order.detail:
            return ""
        return struck(reasons.words(order.reason, order.detail))

    @display(description=_("timeline"))
    def timeline(self, order: Order) -> SafeString:
        """What happened to it, the earliest first."""
        found = story.events(order, timezone.now())
        lines = (
            (timezone.localtime(one.at).strftime("%Y-%m-%d %H:%M:%S"), one.text, one.by, one.detail)
            for one in found
        )
        return format_html(
            '<ol class="operator-timeline">{}</ol>',
            format_html_join("", "<li><time>{}</time> {} <em>{}</em> {}</li>", lines),
        )


@admin.register(WarmCart)
class WarmCartAdmin(LookOnlyAdmin):
    """Carts that are kept ready; who knows a cart's id can change it, so it is on no page."""

    related = ("tenant", "account", "wish", "order")
    list_display = (
        "fqn",
        "datacenter",
        "tenant",
        "account",
        "state_label",
        "why",
        "cost",
        "quoted_at",
        "expires_at",
        "failures",
    )
    list_filter = (BY_STATE, OF_TENANT, columns.OF_ACCOUNT, columns.OF_WISH)
    search_fields = ("fqn", "tenant__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "account", "wish", "order", "fqn", "datacenter", "state", "why", "held"),
        *("cost", "monthly", "quoted_at", "expires_at", "retry_at", "failures", "created_at"),
    )
    state_label = columns.state()
    cost = columns.money("due_now", _("due now"))
    monthly = columns.money("renewal", _("renewal"))
    held = show.json_column("addons", _("addons"))

    @display(description=_("reason"))
    def why(self, cart: WarmCart) -> str:
        """Why it is of no use, in words."""
        word, _space, facts = cart.reason.partition(" ")
        return struck(reasons.words(word, facts)) if word else ""
