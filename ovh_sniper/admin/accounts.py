"""What operators see of OVH accounts: never a key."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from ovh_sniper.admin import columns
from ovh_sniper.admin.labels import LookOnlyAdmin
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import findings
from tenants import admin_display as show
from tenants.admin_filters import BY_STATE, OF_TENANT


@admin.register(Account)
class AccountAdmin(LookOnlyAdmin):
    """OVH accounts of all tenants, and what the doctor says of them."""

    related = ("tenant",)
    list_display = (
        "name",
        "tenant",
        "host",
        "nichandle",
        "subsidiary",
        "state_label",
        "worst",
        "expires_at",
        "checked_at",
    )
    list_filter = (BY_STATE, columns.BY_HOST, ("kind", ChoicesDropdownFilter), OF_TENANT)
    search_fields = ("name", "nichandle", "public_id", "tenant__name")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("name", "tenant", "public_id", "host", "kind", "lists")}),
        (
            _("At OVH"),
            {"fields": ("nichandle", "subsidiary", "currency", "payment_method", "expires_at")},
        ),
        (
            _("Health"),
            {
                "fields": (
                    "state",
                    "what_is_wrong",
                    "granted",
                    "checked_at",
                    "retry_at",
                    "failures",
                    "consent_at",
                    "left_at",
                    "created_at",
                )
            },
        ),
    )
    state_label = columns.state()
    granted = show.list_column("rights", _("rights beyond ordering"))
    lists = columns.links(
        ("wish", _("Wishes"), "account__id__exact"),
        ("order", _("Orders"), "account__id__exact"),
        ("warmcart", _("Carts"), "account__id__exact"),
    )

    @display(description=_("what is wrong"))
    def worst(self, account: Account) -> str:
        """The worst of what the doctor found."""
        found = [one for one in findings.in_order(account.findings) if one.tone != findings.INFO]
        return found[0].title if found else ""

    @display(description=_("findings"))
    def what_is_wrong(self, account: Account) -> SafeString | str:
        """All that the doctor found, the worst first, with what to do about it."""
        found = findings.in_order(account.findings)
        if not found:
            return ""
        lines = ((one.title, one.advice, ", ".join(one.items)) for one in found)
        return format_html(
            '<ul class="operator-findings">{}</ul>',
            format_html_join("", "<li><strong>{}</strong> {} {}</li>", lines),
        )
