"""Checks what people type into the pages of the bottom layer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenants import time_zones
from tenants.models import ApiKey, AuditEvent, Tenant, User
from tenants.services.tenants import MIN_SLUG, is_reserved

if TYPE_CHECKING:
    _TenantModelForm = forms.ModelForm[Tenant]
    _UserModelForm = forms.ModelForm[User]
else:
    _TenantModelForm = _UserModelForm = forms.ModelForm

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class TenantSettingsForm(_TenantModelForm):
    """What a tenant is called, speaks and when its day begins."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones.choices)

    class Meta:
        model = Tenant
        fields = ["name", "language", "time_zone"]
        labels = {"name": _("Name"), "language": _("Language")}
        help_texts = {
            "language": _("Bots answer people in their own language, and in this one otherwise.")
        }


class TenantForm(TenantSettingsForm):
    """A new tenant."""

    slug = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=40,
        min_length=MIN_SLUG,
        help_text=_("Part of your pages’ links. Leave it empty to take one from the name."),
        widget=forms.TextInput(attrs={"data-slug-from": "id_name", "autocomplete": "off"}),
    )

    field_order = ["name", "slug", "language", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autofocus"] = True
        self.fields["time_zone"].widget.attrs["data-own-time-zone"] = True

    def clean_slug(self) -> str:
        """Refuse what cannot stand in a link and what is ours or somebody else's."""
        slug: str = self.cleaned_data["slug"].strip().lower()
        if not slug:
            return ""
        if not SLUG.fullmatch(slug):
            raise forms.ValidationError(
                _("Use small Latin letters, digits and single hyphens between them.")
            )
        if is_reserved(slug) or Tenant.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("This address is taken."))
        return slug


class ApiKeyForm(forms.Form):
    """A new API key."""

    LIFE = [("", _("never")), ("30", _("in 30 days")), ("90", _("in 90 days"))]
    LIFE += [("365", _("in one year"))]

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("What uses it, for example “website”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Permissions"), choices=ApiKey.Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires = forms.ChoiceField(label=_("Expires"), choices=LIFE, required=False, initial="365")

    def expires_at(self, now: datetime) -> datetime | None:
        """Return the moment the key ends, None for never."""
        days = self.cleaned_data["expires"]
        return now + timedelta(days=int(days)) if days else None


class AuditFilterForm(forms.Form):
    """Which audit events to show; everything is optional."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=_("Who"), required=False, choices=[("", _("everybody")), *AuditEvent.Actor.choices]
    )
    since = forms.DateField(
        label=pgettext_lazy("first day", "From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=pgettext_lazy("last day", "To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def bounds(self) -> dict[str, datetime]:
        """Return the filter on `at`: whole days of the tenant's time zone."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        bounds = {}
        if since:
            bounds["at__gte"] = _midnight(since)
        if until and until < until.max:
            bounds["at__lt"] = _midnight(until + timedelta(days=1))
        return bounds


def _midnight(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


class ProfileForm(_UserModelForm):
    """What somebody is called and reads."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("same as the browser")), *settings.LANGUAGES],
        help_text=_("For these pages and for mails to you."),
    )

    class Meta:
        model = User
        fields = ["name", "language"]
        labels = {"name": _("Name")}
        help_texts = {"name": _("How others in your workspaces see you.")}
