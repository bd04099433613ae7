"""What all parts of the API share: pages, checked input, and refusals in HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from ovh_sniper.serializers.strict import MOST_ON_A_PAGE
from ovh_sniper.services import order_reasons, too_late
from ovh_sniper.services.objections import CannotOrder, NotCancellable, Repeated
from tenants.api_views import TenantViewSet

READ, WRITE, ORDER, PAY = "ovh:read", "ovh:write", "ovh:order", "ovh:pay"
PUBLIC_ID = "[0-9A-Za-z]{1,22}"
PAGING = ("cursor", "page_size")


class Conflict(exceptions.APIException):
    """What is there is in another state; `facts` stand beside code and message."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "wrong_state"

    def __init__(self, message: str, code: str = default_code, **facts: str) -> None:
        super().__init__(message, code)
        self.facts = facts


class NotOrderable(exceptions.APIException):
    """It was understood, and cannot be ordered; the fact `reason` is a word for programs."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "cannot_order"

    def __init__(self, error: CannotOrder) -> None:
        super().__init__(order_reasons.words(error.reason, error.detail))
        self.facts = {"reason": error.reason}


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


class ProductViewSet(TenantViewSet):
    """One kind of thing of this product."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}
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


def checked(kind: Any, data: Any, **options: Any) -> dict[str, Any]:
    """Return input in the serializer's words.

    Raises:
        ValidationError: by field.
    """
    serializer = kind(data=data, **options)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def asked(kind: Any, request: Request) -> dict[str, Any]:
    """Return what stands behind the question mark.

    Raises:
        ValidationError: by field.
    """
    # as a plain dict: of a form, REST framework would take a missing flag for "no"
    return checked(kind, request.query_params.dict())


@contextmanager
def refusals_in_http(act: str = too_late.CANCEL) -> Iterator[None]:
    """Turn what the services refuse into answers; `act` is what came too late, if it did."""
    try:
        yield
    except ValidationError as error:
        raise exceptions.ValidationError(_by_field(error)) from error
    except Repeated as error:
        message = order_reasons.words("repeat")
        raise Conflict(message, "repeated", order=error.order.public_id) from error
    except NotCancellable as error:
        message = too_late.words(error, act)
        raise Conflict(message, "not_cancellable", reason=error.reason) from error
    except CannotOrder as error:
        raise NotOrderable(error) from error


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    if not hasattr(error, "error_dict"):
        return {"non_field_errors": error.messages}
    fields: dict[str, list[str]] = error.message_dict
    if (general := fields.pop("__all__", None)) is not None:
        fields["non_field_errors"] = general
    return fields


def no_such(field: str) -> exceptions.ValidationError:
    """Return the error for an id, given as a field, that this tenant has nothing of."""
    return exceptions.ValidationError({field: [_("There is nothing of this id.")]})
