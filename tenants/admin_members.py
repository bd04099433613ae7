"""Who belongs to a tenant, on the tenant's page of the operators' admin."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest  # noqa: TID251 - pages of the admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from tenants.models import Membership, Tenant
from tenants.scoping import scope
from tenants.services import audit
from tenants.services.audit import Actor


class MembersFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """A tenant is never left without an owner."""

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return how its boxes' names start; Django takes it from `related_name`, which is none."""
        return "members"

    def clean(self) -> None:
        """Refuse changes after which nobody owns the tenant."""
        super().clean()
        kept = [form for form in self.initial_forms if form not in self.deleted_forms]
        if not any(self.errors) and not any(
            form.cleaned_data.get("role", form.instance.role) == Membership.Role.OWNER
            for form in kept
        ):
            raise ValidationError(_("A tenant needs an owner: add another one first."))


class Members(TabularInline):  # type: ignore[misc]
    """Who belongs to a tenant."""

    model = Membership
    formset = MembersFormSet
    fields = ("user", "role", "created_at")
    readonly_fields = ("user", "created_at")
    extra = 0
    hide_title = True
    verbose_name_plural = _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Return the members with their log-ins, the oldest first."""
        return super().get_queryset(request).select_related("user").order_by("pk")  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: AddMember asks for a log-in, which here is fixed."""
        del request, obj
        return False


class NewMembersFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Members to be."""

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return how its boxes' names start."""
        return "new_members"


class AddMember(TabularInline):  # type: ignore[misc]
    """Lets an operator give somebody a place in a tenant, for example a new owner."""

    model = Membership
    formset = NewMembersFormSet
    fields = ("user", "role")
    autocomplete_fields = ("user",)
    extra = 0
    verbose_name = _("member")
    verbose_name_plural = _("add members")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: Members shows those who are there."""
        del request, obj
        return False

    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission


def save_members(tenant: Tenant, formset: Any, *, actor: Actor) -> None:
    """Save changes among a tenant's members, each with its audit event."""
    formset.save(commit=False)
    with scope(tenant):
        for member in formset.deleted_objects:
            audit.record(
                "member.removed",
                actor=actor,
                target=member.user,
                role=member.role,
                email=member.user.email,
            )
            member.delete()
        for member in formset.new_objects:
            member.save()
            audit.record(
                "member.added",
                actor=actor,
                target=member.user,
                role=member.role,
                email=member.user.email,
            )
        for member, _fields in formset.changed_objects:
            before = Membership.objects.values_list("role", flat=True).get(pk=member.pk)
            member.save(update_fields=["role"])
            audit.record(
                "member.changed", actor=actor, target=member.user, role=[before, member.role]
            )
