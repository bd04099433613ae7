"""What operators see of tenants, their keys and what was done; who logs in: admin_users."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from tenants import admin_display as show
from tenants import (
    admin_users,  # noqa: F401 - registers the log-ins
    audit_labels,
)
from tenants.admin_base import EditOnlyAdmin, Operation, ReadOnlyAdmin
from tenants.admin_filters import BY_STATE, OF_TENANT, within
from tenants.admin_members import AddMember, Members, save_members
from tenants.models import ApiKey, AuditEvent, Heartbeat, Lease, Tenant
from tenants.scoping import scope
from tenants.services import api_keys, suspending
from tenants.services import tenants as tenant_services
from tenants.services.audit import Actor


def _suspend(request: HttpRequest, tenant: Tenant) -> bool:
    return suspending.suspend(tenant, actor=Actor.from_request(request))


def _reactivate(request: HttpRequest, tenant: Tenant) -> bool:
    return suspending.reactivate(tenant, actor=Actor.from_request(request))


SUSPEND = Operation(
    name="suspend",
    label=_("Suspend"),
    question=_(
        "Its bots stop answering at once, its members can look but change nothing. "
        "Nothing is deleted."
    ),
    icon="pause_circle",
    variant=ActionVariant.DANGER,
    run=_suspend,
    fits=lambda tenant: tenant.state == Tenant.State.ACTIVE,
    done=ngettext_lazy(
        "%(count)d tenant is suspended.", "%(count)d tenants are suspended.", "count"
    ),
    left=ngettext_lazy(
        "%(count)d tenant was suspended already.",
        "%(count)d tenants were suspended already.",
        "count",
    ),
)
REACTIVATE = Operation(
    name="reactivate",
    label=_("Reactivate"),
    question=_("Its bots answer again, its members can work again."),
    icon="play_circle",
    variant=ActionVariant.SUCCESS,
    run=_reactivate,
    fits=lambda tenant: tenant.state == Tenant.State.SUSPENDED,
    done=ngettext_lazy("%(count)d tenant works again.", "%(count)d tenants work again.", "count"),
    left=ngettext_lazy(
        "%(count)d tenant was not suspended.", "%(count)d tenants were not suspended.", "count"
    ),
)


@admin.register(Tenant)
class TenantAdmin(EditOnlyAdmin):
    """Tenants: what they are called, who belongs to them, whether they work."""

    operations = (SUSPEND, REACTIVATE)
    list_display = ("name", "slug", "state_label", "bots", "members", "language", "created_at")
    list_filter = (BY_STATE, ("language", ChoicesDropdownFilter))
    search_fields = ("name", "slug", "public_id")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (
        "name",
        "slug",
        "state",
        "language",
        "time_zone",
        "public_id",
        "created_at",
    )
    readonly_fields = ("slug", "state", "public_id", "created_at")
    inlines = (Members, AddMember)

    state_label = show.state_column()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Return all tenants with the numbers of their bots and members."""
        rows: QuerySet[Tenant] = super().get_queryset(request)
        return rows.annotate(
            # by name: this layer does not know the one above
            bot_count=_count("bots.Bot"),
            member_count=_count("tenants.Membership"),
        )

    @display(description=_("bots"), ordering="bot_count")
    def bots(self, tenant: Any) -> int:
        """How many bots it has."""
        return int(tenant.bot_count)

    @display(description=_("members"), ordering="member_count")
    def members(self, tenant: Any) -> int:
        """How many people belong to it."""
        return int(tenant.member_count)

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: Any) -> None:
        """Change what the service changes, which notes the values before and after."""
        del change
        names = ("name", "language", "time_zone")
        stored = Tenant.objects.get(pk=obj.pk)
        actor = Actor.from_request(request)
        with scope(obj):
            tenant_services.change_settings(
                stored, actor=actor, **{name: form.cleaned_data[name] for name in names}
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        """Save changes among the members, each with its audit event."""
        del change
        save_members(form.instance, formset, actor=Actor.from_request(request))


def _count(label: str) -> Coalesce:
    """Return how many rows of another model belong to a tenant, counted for shown rows only."""
    rows = apps.get_model(label)._default_manager.filter(tenant=OuterRef("pk")).order_by()
    counted = rows.values("tenant").annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _revoke(request: HttpRequest, key: ApiKey) -> bool:
    actor = Actor.from_request(request)
    with scope(key.tenant_id):
        return api_keys.revoke(key, actor=actor, now=timezone.now())


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys of the REST API, by their prefix; the rest of a key is nowhere kept."""

    operations = (
        Operation(
            name="revoke",
            label=_("Revoke"),
            question=_("Programs that use this key are refused from now on, for good."),
            icon="key_off",
            variant=ActionVariant.DANGER,
            run=_revoke,
            fits=lambda key: key.revoked_at is None,
            done=ngettext_lazy("%(count)d key is revoked.", "%(count)d keys are revoked.", "count"),
            left=ngettext_lazy(
                "%(count)d key was revoked already.",
                "%(count)d keys were revoked already.",
                "count",
            ),
        ),
    )
    related = ("tenant", "created_by")
    list_display = ("name", "start", "tenant", "rights", "last_used_at", "expires_at", "revoked_at")
    list_filter = (OF_TENANT, ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "prefix", "tenant__name", "tenant__slug")
    ordering = ("-pk",)
    fields = (
        "name",
        "start",
        "tenant",
        "rights",
        "created_by",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    )
    rights = show.list_column("scopes", _("scopes"))

    @display(description=_("key"))
    def start(self, key: ApiKey) -> str:
        """The part of the key that its owner can compare."""
        return f"{api_keys.START}_{key.prefix}_…"


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what, in all tenants; the model itself refuses to change or delete a row."""

    list_display = (
        "at",
        "act",
        "tenant_name",
        "actor_name",
        "actor_kind",
        "object_name",
        "ip",
    )
    list_filter = (OF_TENANT, ("actor_kind", ChoicesDropdownFilter), within("at", _("time")))
    search_fields = ("action", "actor_name", "object_name", "object_id")
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        "at",
        "act",
        "action",
        "tenant_name",
        "actor_kind",
        "actor_name",
        "ip",
        "object_type",
        "object_id",
        "object_name",
        "details",
    )
    details = show.json_column("detail", _("details"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Return all events; a join would hide those of tenants that are gone."""
        return super().get_queryset(request).prefetch_related("tenant")

    @display(description=_("what happened"))
    def act(self, event: AuditEvent) -> str:
        """The action in words."""
        return audit_labels.label(event.action)

    @display(description=_("tenant"))
    def tenant_name(self, event: AuditEvent) -> str:
        """The tenant, or its number where it is gone."""
        try:
            return str(event.tenant)
        except Tenant.DoesNotExist:
            return f"#{event.tenant_id}"


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """When each kind of process was last seen."""

    list_display = ("name", "at", "age")
    fields = ("name", "at", "age")
    ordering = ("name",)

    @display(description=_("age in seconds"))
    def age(self, beat: Heartbeat) -> int:
        """Seconds since."""
        return int((timezone.now() - beat.at).total_seconds())


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Who does what only one process may do at a time."""

    list_display = ("name", "holder", "until", "is_held")
    fields = ("name", "holder", "until", "is_held")
    ordering = ("name",)

    @display(description=_("held"), boolean=True)
    def is_held(self, lease: Lease) -> bool:
        """Whether it has not run out."""
        return lease.until > timezone.now()
