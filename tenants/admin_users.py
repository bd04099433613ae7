"""What operators see and do about people who log in; who belongs where: admin_members."""

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

from tenants import admin_display as show
from tenants.admin_base import Operation, OperatorAdmin, ReadOnlyAdmin
from tenants.models import AccountMail, Membership, User
from tenants.scoping import scope
from tenants.services import audit
from tenants.services.audit import Actor


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
                "%(count)d person now logs in with a password only.",
                "%(count)d people now log in with a password only.",
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


@admin.register(AccountMail)
class AccountMailAdmin(ReadOnlyAdmin):
    """Mails that wait for the mail server, or were given up; what they say is on no page."""

    list_display = ("address", "created_at", "attempts", "due_at", "short_error")
    search_fields = ("address", "error")
    ordering = ("-pk",)
    fields = ("address", "created_at", "attempts", "due_at", "whole_error", "public_id")
    short_error = show.text_column("error", _("error"), length=60)
    whole_error = show.text_column("error", _("error"), length=300)
