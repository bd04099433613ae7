"""The product's settings of one tenant."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ovh_sniper.forms.settings import SettingsForm, initial_of
from ovh_sniper.models import Preferences
from ovh_sniper.services.telling import preferences
from ovh_sniper.views import may
from tenants.access import PortalRequest, member
from tenants.services.audit import Actor


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the settings to every member; operators change them."""
    # a viewer's look writes no row
    found = Preferences.objects.first() or Preferences()
    form = SettingsForm(request.POST or None, initial=initial_of(found))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            preferences.change(
                request.tenant.pk, actor=Actor.from_request(request), **form.changes()
            )
        messages.success(request, _("Saved."))
        return redirect("ovh_sniper:settings", slug)
    may_change = may(request, "operator")
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    muted_until = found.muted_until
    context = {
        "form": form,
        "may_change": may_change,
        "is_muted": muted_until is not None and muted_until > timezone.now(),
        "muted_until": muted_until,
    }
    return render(request, "ovh_sniper/settings.html", context)
