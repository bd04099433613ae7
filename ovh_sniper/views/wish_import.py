"""Many wishes from a table: a sample, what the columns mean, and each line's problems."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from ovh_sniper.forms.wish_import import COLUMN_WORDS, ImportForm
from ovh_sniper.forms.wish_sources import Source
from ovh_sniper.models import Wish
from ovh_sniper.services.wishes import csv_file, lifecycle
from ovh_sniper.views import may
from tenants.access import PortalRequest, member
from tenants.ids import public_id
from tenants.services.audit import Actor

LONGEST_KEY = 40
MOST_PROBLEMS = 50
SAMPLE = (
    "plan_code,name,memory,storage,datacenters,quantity,cap_due_now,mode,expires_at\r\n"
    "27sk15,Build servers,ram-64g-ecc-3200,,gra rbx,2,40,ask,\r\n"
    "25rise01,,,softraid-2x500nvme,,1,,alert,2027-12-31T18:00+08:00\r\n"
)


@require_http_methods(["GET", "HEAD", "POST"])
@member("operator")
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the form, or make all wishes of a table."""
    form = ImportForm(request.POST or None, request.FILES or None)
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = _make(request, form)
        except ValidationError as error:
            problems = error.messages
        else:
            said = ngettext("%(n)s wish imported.", "%(n)s wishes imported.", len(made))
            messages.success(request, said % {"n": len(made)})
            return redirect("ovh_sniper:wishes", slug)
    context = {
        "form": form,
        "problems": problems[:MOST_PROBLEMS],
        "more_problems": max(len(problems) - MOST_PROBLEMS, 0),
        "columns": _columns(),
        "most": csv_file.MOST_LINES,
        "request_key": request.POST.get("request_key", "")[:LONGEST_KEY] or public_id(),
    }
    return render(request, "ovh_sniper/wish_import.html", context)


def _make(request: PortalRequest, form: ImportForm) -> list[Wish]:
    """Write all wishes of the table, or none. Raises ValidationError."""
    source: Source = form.cleaned_data["source"]
    text = form.table()
    named = (str(request.user.pk), request.POST.get("request_key", ""), source.key, text)
    with transaction.atomic():
        made = lifecycle.import_csv(
            text,
            actor=Actor.from_request(request),
            now=timezone.now(),
            may_pay=may(request, "admin"),
            request_key=hashlib.sha256("\x00".join(named).encode()).hexdigest(),
            account=source.account,
            host=source.host,
            subsidiary=source.subsidiary,
        )
    if not made:
        raise ValidationError(_("There is no line below the columns’ names."))
    return made


@require_GET
@member()
def sample(request: PortalRequest, slug: str) -> HttpResponse:
    """Return a table to begin with."""
    response = HttpResponse(SAMPLE, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="wishes-sample.csv"'
    return response


def _columns() -> list[dict[str, Any]]:
    """Return what each column holds, with an example."""
    return [
        {"name": name, "text": text, "example": example}
        for name, (text, example) in COLUMN_WORDS.items()
        if name in csv_file.COLUMNS
    ]
