"""API keys: made once, shown once, revoked for good."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tenants.access import PortalRequest, member
from tenants.forms import ApiKeyForm
from tenants.models import ApiKey
from tenants.services import api_keys
from tenants.services.audit import Actor


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def index(request: PortalRequest, slug: str) -> HttpResponse:
    form = ApiKeyForm(request.POST or None)
    text = ""
    if request.method == "POST" and form.is_valid():
        _key, text = api_keys.create(
            form.cleaned_data["name"],
            form.cleaned_data["scopes"],
            actor=Actor.from_request(request),
            created_by=request.user,
            expires_at=form.expires_at(timezone.now()),
        )
        form = ApiKeyForm()
    keys = list(ApiKey.objects.select_related("created_by").order_by("revoked_at", "-created_at"))
    now = timezone.now()
    ended = [key for key in keys if key.revoked_at or (key.expires_at and key.expires_at <= now)]
    context = {
        "form": form,
        "new_key": text,
        "working": [key for key in keys if key not in ended],
        "ended": ended,
    }
    return render(request, "tenants/api_keys.html", context)


@require_POST
@member("admin")
def revoke(request: PortalRequest, slug: str, prefix: str) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.all(), prefix=prefix)
    if api_keys.revoke(key, actor=Actor.from_request(request), now=timezone.now()):
        messages.success(request, _("“%(name)s” no longer works.") % {"name": key.name})
    return redirect("tenants:api_keys", slug)
