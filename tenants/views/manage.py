"""What managers of a tenant look after: settings, members, the audit log."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tenants import audit_labels
from tenants.access import PortalRequest, member
from tenants.forms import AuditFilterForm, TenantSettingsForm
from tenants.models import AuditEvent, Membership
from tenants.paging import CappedPaginator
from tenants.services import tenants as tenant_services
from tenants.services.audit import Actor

EVENTS_ON_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@member("admin")
def settings(request: PortalRequest, slug: str) -> HttpResponse:
    initial = {name: getattr(request.tenant, name) for name in TenantSettingsForm.Meta.fields}
    # not bound to request.tenant: a refused name must not show in the menu
    form = TenantSettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        tenant_services.change_settings(
            request.tenant, actor=Actor.from_request(request), **form.cleaned_data
        )
        messages.success(request, _("Saved."))
        return redirect("tenants:settings", slug)
    return render(request, "tenants/settings.html", {"form": form})


@require_GET
@member()
def members(request: PortalRequest, slug: str) -> HttpResponse:
    found = list(Membership.objects.select_related("user").order_by("created_at", "pk"))
    return render(request, "tenants/members.html", {"members": found})


@require_GET
@member("admin")
def audit(request: PortalRequest, slug: str) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    events = AuditEvent.objects.order_by("-at", "-pk")
    if form.is_valid():
        events = events.filter(**form.bounds())
        if kind := form.cleaned_data["kind"]:
            events = events.filter(actor_kind=kind)
        if text := form.cleaned_data["q"].strip():
            events = events.filter(_mentions(text))
    page = CappedPaginator(events, EVENTS_ON_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "is_filtered": any(request.GET.values())}
    return render(request, "tenants/audit.html", context)


def _mentions(text: str) -> Q:
    """Return the filter for a word anywhere in what the page shows of an event."""
    words = [action for action, label in audit_labels.all_labels().items() if text in str(label)]
    found = Q(action__in=words)
    for column in ("action", "actor_name", "object_name", "object_id"):
        found |= Q(**{f"{column}__icontains": text})
    return found
