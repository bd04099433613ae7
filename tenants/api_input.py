"""Input that names no field we do not know: a limit with a typing mistake would be none at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.request import Request

MOST_ON_A_PAGE = 500
IDEMPOTENCY_KEY, LONGEST_KEY = "Idempotency-Key", 255
# for the OpenAPI document of what needs one
IDEMPOTENCY_PARAMETER = OpenApiParameter(
    IDEMPOTENCY_KEY,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="names the request: the same key again does nothing more",
)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not have."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked data.

        Raises:
            ValidationError: by field, the unknown ones among them.
        """
        unknown = _unknown(data, self.fields)
        try:
            given = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return given


def _unknown(data: Any, fields: Mapping[str, Any]) -> dict[str, list[str]]:
    names = data if isinstance(data, Mapping) else ()
    return {str(name)[:80]: [_("There is no such field.")] for name in names if name not in fields}


class Query(StrictSerializer):
    """What stands behind the question mark of a list."""

    cursor = serializers.CharField(
        required=False, max_length=500, help_text="the page, as `next` and `previous` name it"
    )
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=MOST_ON_A_PAGE)


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


def idempotency_key(request: Request) -> str:
    """Return the key that a program names its request by.

    Raises:
        ValidationError: there is none, or one that is too long.
    """
    key = request.headers.get(IDEMPOTENCY_KEY, "").strip()
    if not key:
        said = _("Name each request by a key of your own, so that a repeat is no second one.")
        raise exceptions.ValidationError({IDEMPOTENCY_KEY: [said]})
    if len(key) > LONGEST_KEY:
        raise exceptions.ValidationError({IDEMPOTENCY_KEY: [_("This key is too long.")]})
    return key


def no_such(field: str) -> exceptions.ValidationError:
    """Return the error for an id, given as a field, that this tenant has nothing of."""
    return exceptions.ValidationError({field: [_("There is nothing of this id.")]})


def by_field(error: ValidationError) -> dict[str, list[str]]:
    """Return what a service refused, by the fields it names."""
    if not hasattr(error, "error_dict"):
        return {"non_field_errors": error.messages}
    fields: dict[str, list[str]] = error.message_dict
    if (general := fields.pop("__all__", None)) is not None:
        fields["non_field_errors"] = general
    return fields
