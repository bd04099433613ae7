"""What operators see and do about people who log in, and who belongs to a tenant."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest  # noqa: TID251 - pages of the admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.admin import TabularInline
from unfold.enums import ActionVariant
from unfold.forms import PaginationInlineFormSet

from tenants.admin_base import Operation, OperatorAdmin
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope
from tenants.services import audit
from tenants.services.audit import Actor

# --- The members of a tenant


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


# --- Log-ins


def note_everywhere(user: User, action: str, *, actor: Actor, **detail: Any) -> None:
    """Write an audit event into each tenant that somebody belongs to."""
    for tenant_id in Membership.objects.filter(user=user).values_list("tenant_id", flat=True):
        with scope(tenant_id):
            audit.record(action, actor=actor, target=user, email=user.email, **detail)


def _send_link(request: HttpRequest, user: User) -> bool:
    form = ResetPasswordForm({"email": user.email})
    if not user.is_active or not form.is_valid():
        return False
    form.save(request)
    note_everywhere(user, "user.password_link_sent", actor=Actor.from_request(request))
    return True


def _remove_second_factor(request: HttpRequest, user: User) -> bool:
    removed, _by_model = Authenticator.objects.filter(user=user).delete()
    if removed:
        note_everywhere(user, "user.second_factor_removed", actor=Actor.from_request(request))
    return bool(removed)


class Addresses(TabularInline):  # type: ignore[misc]
    """The e-mail addresses of a log-in."""

    model = EmailAddress
    fields = readonly_fields = ("email", "verified", "primary")
    extra = max_num = 0
    hide_title = True
    can_delete = False


class Places(TabularInline):  # type: ignore[misc]
    """The tenants that somebody belongs to; changed on the tenant's page."""

    model = Membership
    fields = readonly_fields = ("tenant", "role", "created_at")
    extra = max_num = 0
    hide_title = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Return the places with their tenants."""
        return super().get_queryset(request).select_related("tenant")  # type: ignore[no-any-return]


class NewUserForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new log-in; whoever gets it chooses the password, by a link in a mail."""

    def clean_email(self) -> str:
        """Return the address as it is stored.

        Raises:
            ValidationError: somebody has it already, however it is capitalised.
        """
        email: str = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(_("Somebody logs in with this address already."))
        return email


@admin.register(User)
class UserAdmin(OperatorAdmin):
    """People who log in. Operators see no password and set none; they send a link."""

    operations = (
        Operation(
            name="send_link",
            label=_("Send a password link"),
            question=_("A mail with a link to choose a new password goes to this address."),
            icon="mail",
            run=_send_link,
            fits=lambda user: user.is_active,
            done=ngettext_lazy("%(count)d mail is sent.", "%(count)d mails are sent.", "count"),
            left=ngettext_lazy(
                "%(count)d mail was not sent.", "%(count)d mails were not sent.", "count"
            ),
        ),
        Operation(
            name="remove_second_factor",
            label=_("Remove second factor"),
            question=_("Make sure first that it is really this person who asks for it."),
            icon="phonelink_erase",
            variant=ActionVariant.DANGER,
            run=_remove_second_factor,
            done=ngettext_lazy(
                "%(count)d person logs in by password only now.",
                "%(count)d people log in by password only now.",
                "count",
            ),
            left=ngettext_lazy(
                "%(count)d person had no second factor, or may not be changed by you.",
                "%(count)d people had no second factor, or may not be changed by you.",
                "count",
            ),
        ),
    )
    list_display = (
        "email",
        "name",
        "is_active",
        "is_staff",
        "language",
        "last_login",
        "date_joined",
    )
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    date_hierarchy = "date_joined"
    ordering = ("-pk",)
    fields = (
        "email",
        "name",
        "language",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
        "last_login",
        "date_joined",
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "is_staff")}),)
    readonly_fields = ("language", "last_login", "date_joined")
    autocomplete_fields = ("groups",)
    inlines = (Addresses, Places)

    RIGHTS = ("is_staff", "is_superuser", "groups")

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001,FBT002 - Django's signature
        """Return the form, for a new log-in the one that takes the address."""
        if obj is None:
            kwargs["form"] = NewUserForm
        return super().get_form(request, obj, change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[Any, ...]:
        """Return nothing below the form of a new log-in."""
        del request
        return () if obj is None else self.inlines

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        """Return what this operator may not change: an address, his own rights, others' rights."""
        fixed: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))
        if obj is not None:
            fixed += ("email",)
        if not request.user.is_superuser:
            fixed += self.RIGHTS
        elif obj is not None and obj.pk == request.user.pk:
            fixed += ("is_active", "is_staff", "is_superuser")
        return tuple(dict.fromkeys(fixed))

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Whether the operator may change this log-in: a superuser's only superusers may."""
        allowed: bool = super().has_change_permission(request, obj)
        is_above = isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser
        return allowed and not is_above

    def may_operate(self, request: HttpRequest, row: User) -> bool:
        """Whether the operator may act on this log-in."""
        return self.has_change_permission(request, row)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: somebody who must not log in is made inactive."""
        del request, obj
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        """Save; a new log-in gets its mail, a changed one is noted where it belongs."""
        if change:
            super().save_model(request, obj, form, change)
            shown = [name for name in form.changed_data if name != "groups"]
            changes = {name: [form.initial.get(name), form.cleaned_data[name]] for name in shown}
            if changes:
                actor = Actor.from_request(request)
                note_everywhere(obj, "user.changed", actor=actor, **changes)
            return
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        # nobody gets in but by the mail to this address, so it need not be confirmed once more
        EmailAddress.objects.create(user=obj, email=obj.email, verified=True, primary=True)
        _send_link(request, obj)
