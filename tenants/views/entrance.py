"""Before a tenant is chosen: the front page, the choice, a new tenant."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tenants.forms import TenantForm
from tenants.middleware import memberships_of
from tenants.services import tenants as tenant_services
from tenants.services.audit import Actor


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("tenants:choose")
    return render(request, "tenants/landing.html")


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask without having read the page to the icon."""
    return redirect(static("portal/favicon.svg"))


@require_GET
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    memberships = memberships_of(request.user.pk or 0)
    if not memberships:
        return redirect("tenants:create")
    if len(memberships) == 1 and "all" not in request.GET:
        return redirect("bots:home", memberships[0].tenant.slug)
    return render(request, "tenants/choose.html", {"memberships": memberships})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    form = TenantForm(request.POST or None, initial={"language": translation.get_language()})
    if request.method == "POST" and form.is_valid():
        try:
            tenant = tenant_services.create_tenant(
                owner=request.user,  # type: ignore[arg-type]
                actor=Actor.from_request(request),
                **form.cleaned_data,
            )
        except tenant_services.SlugTaken:
            form.add_error("slug", _("This address is taken."))
        else:
            messages.success(request, _("“%(name)s” is ready.") % {"name": tenant.name})
            return redirect("bots:home", tenant.slug)
    has_tenants = bool(memberships_of(request.user.pk or 0))
    return render(request, "tenants/create.html", {"form": form, "has_tenants": has_tenants})
