"""What operators see of cloud accounts: never a key."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from tenants import admin_display as show
from tenants.admin_filters import BY_STATE, OF_TENANT
from tenants.redaction import struck
from traffic_guard.admin import columns
from traffic_guard.admin.labels import LookOnlyAdmin
from traffic_guard.models import Account
from traffic_guard.services.accounts import findings


@admin.register(Account)
class AccountAdmin(LookOnlyAdmin):
    """Accounts at clouds of all tenants, and what the last check says of them."""

    related = ("tenant",)
    list_display = (
        *("name", "tenant", "provider", "site", "rights", "state_label", "worst", "halted_for"),
        *("polled_at", "poll_at"),
    )
    list_filter = (BY_STATE, ("rights", ChoicesDropdownFilter), OF_TENANT)
    search_fields = ("name", "domain_id", "public_id", "tenant__name")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("name", "tenant", "public_id", "rights", "lists")}),
        (_("At the cloud"), {"fields": ("provider", "site", "domain_id", "places")}),
        (
            _("Health"),
            {
                "fields": (
                    *("state", "what_is_wrong", "halted_for", "refusals", "checked_at"),
                    *("check_at", "left_at", "created_at"),
                )
            },
        ),
        (
            _("Readings"),
            {
                "fields": (
                    *("polled_at", "poll_at", "wanted_seconds", "poll_failures", "evaluated_at"),
                    *("discovered_at", "discover_at", "discovery_note"),
                )
            },
        ),
    )
    state_label = columns.state()
    places = show.json_column("projects", _("regions and projects"))
    lists = columns.links(
        ("server", _("Servers"), "account__id__exact"),
        ("package", _("Traffic packages"), "account__id__exact"),
    )

    @display(description=_("what is wrong"))
    def worst(self, account: Account) -> str:
        """The worst of what the last check found."""
        found = findings.of_account(account)
        return struck(found[0].title) if found else ""

    @display(description=_("findings"))
    def what_is_wrong(self, account: Account) -> SafeString | str:
        """All that the last check found, the worst first, with what to do about it."""
        found = findings.of_account(account)
        if not found:
            return ""
        lines = ((struck(one.title), struck(one.advice), one.lines) for one in found)
        return format_html(
            '<ul class="operator-findings">{}</ul>',
            format_html_join("", "<li><strong>{}</strong> {} {}</li>", lines),
        )
