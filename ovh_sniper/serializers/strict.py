"""Input that names no field we do not know: a limit with a typing mistake would be none at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

MOST_ON_A_PAGE = 500


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
