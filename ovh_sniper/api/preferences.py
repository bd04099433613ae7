"""The tenant's settings of this product over the REST API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from bots.models import Chat
from ovh_sniper.api.answers import READ, WRITE
from ovh_sniper.models import Preferences
from ovh_sniper.serializers.preferences import SettingsChangesSerializer, SettingsSerializer
from ovh_sniper.services.telling import preferences, recipients
from tenants.api_input import checked
from tenants.api_views import TenantAPIView
from tenants.services.audit import Actor


class SettingsView(TenantAPIView):
    """How often one looks, who is told, and when somebody is asked once more."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}

    @extend_schema(responses=SettingsSerializer)
    def get(self, request: Request) -> Response:
        """Show the settings."""
        del request
        return self._shown()

    @extend_schema(request=SettingsChangesSerializer, responses=SettingsSerializer)
    def patch(self, request: Request) -> Response:
        """Change some settings."""
        given = checked(SettingsChangesSerializer, request.data)
        with transaction.atomic():
            if given.get("chat") is not None:
                given["chat"] = _chat(**given["chat"])
            preferences.change(self.tenant.pk, actor=Actor.from_request(request), **given)
        return self._shown()

    def _shown(self) -> Response:
        # a look writes no row
        rows = Preferences.objects.select_related("chat__bot").defer("chat__bot__token")
        return Response(SettingsSerializer(rows.first() or Preferences()).data)


def _chat(bot: str, chat_id: int) -> Chat:
    """Return a chat that a bot of this product can write to.

    Raises:
        ValidationError: there is none.
    """
    rows: Any = Chat.objects.select_related("bot").defer("bot__token")
    found: Chat | None = rows.filter(
        bot__public_id=bot, telegram_id=chat_id, state=Chat.State.ACTIVE
    ).first()
    if found is None or not recipients.serves(found.bot):
        raise exceptions.ValidationError({"chat": [_("No bot of yours can write there.")]})
    return found
