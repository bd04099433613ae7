"""Lists of the REST API, page by page, and the answer that says "not in this state"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import exceptions, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_input import MOST_ON_A_PAGE
from tenants.api_views import TenantViewSet

PUBLIC_ID = "[0-9A-Za-z]{1,22}"
PAGING = ("cursor", "page_size")


class Conflict(exceptions.APIException):
    """What is there is in another state; `facts` stand beside code and message."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "wrong_state"

    def __init__(self, message: str, code: str = default_code, **facts: str) -> None:
        super().__init__(message, code)
        self.facts = facts


class NewestFirst(CursorPagination):
    """Pages by age."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = MOST_ON_A_PAGE

    def decode_cursor(self, request: Request) -> Any:
        """Return what a cursor says.

        Raises:
            NotFound: it is none of ours.
        """
        cursor = super().decode_cursor(request)
        if cursor is not None and not str(cursor.position or 0).isdecimal():
            raise exceptions.NotFound(self.invalid_cursor_message)
        return cursor


class OldestFirst(NewestFirst):
    """Pages in the order in which things came."""

    ordering = "id"


class ListViewSet(TenantViewSet):
    """One kind of thing, known by its public id, listed in pages."""

    pagination_class: Any = NewestFirst
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = PUBLIC_ID

    def page(self, found: QuerySet[Any], wanted: Mapping[str, Any], **columns: str) -> Response:
        """Return a page of what was asked for; `columns` are those of another name."""
        conditions = {
            columns.get(name, name): value for name, value in wanted.items() if name not in PAGING
        }
        rows = self.paginate_queryset(found.filter(**conditions))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)
