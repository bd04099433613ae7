"""Filters of the operators' lists that stay quick whatever the number of rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)

# A drop-down of thousands of tenants or bots would be a slow page: these ask as one types.
OF_TENANT = ("tenant", AutocompleteSelectFilter)
OF_BOT = ("bot", AutocompleteSelectFilter)
BY_STATE = ("state", ChoicesDropdownFilter)

PERIODS = {
    "hour": (_("Last hour"), timedelta(hours=1)),
    "day": (_("Last 24 hours"), timedelta(days=1)),
    "week": (_("Last 7 days"), timedelta(days=7)),
    "month": (_("Last 30 days"), timedelta(days=30)),
}


def within(field: str, title: Any) -> type[DropdownFilter]:
    """Return a filter by how long ago `field` is.

    A date hierarchy would look for all days of the table at each visit.
    """

    class Within(DropdownFilter):  # type: ignore[misc]
        parameter_name = f"{field}_within"

        def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
            del request, model_admin
            return [(name, label) for name, (label, _length) in PERIODS.items()]

        def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
            del request
            if self.value() not in PERIODS:
                return queryset
            first = timezone.now() - PERIODS[self.value()][1]
            return queryset.filter(**{f"{field}__gte": first})

    Within.title = title
    return Within
