"""The tenant's settings of this product over the REST API, and the rest of all automatic stops."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from bots.models import Chat
from bots.services import recipients
from tenants.api_input import checked
from tenants.api_views import TenantAPIView
from tenants.services.audit import Actor
from traffic_guard.api.answers import POWERED, READ, WRITE
from traffic_guard.forms.settings import SettingsForm, initial_of
from traffic_guard.models import Preferences
from traffic_guard.serializers.preferences import (
    TrafficSettingsChangesSerializer,
    TrafficSettingsSerializer,
)
from traffic_guard.serializers.servers import UntilSerializer
from traffic_guard.services.guarding import pausing
from traffic_guard.services.telling import preferences


class SettingsView(TenantAPIView):
    """Who is told, how many servers may be stopped at once, and what traffic costs."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}

    @extend_schema(responses=TrafficSettingsSerializer)
    def get(self, request: Request) -> Response:
        """Show the settings."""
        del request
        return shown()

    @extend_schema(request=TrafficSettingsChangesSerializer, responses=TrafficSettingsSerializer)
    def patch(self, request: Request) -> Response:
        """Change some settings."""
        given = checked(TrafficSettingsChangesSerializer, request.data)
        given |= _limits(given)
        with transaction.atomic():
            if given.get("chat") is not None:
                given["chat"] = _chat(**given["chat"])
            preferences.change(self.tenant.pk, actor=Actor.from_request(request), **given)
        return shown()


class PauseView(TenantAPIView):
    """The rest of all automatic stops."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}

    @extend_schema(request=UntilSerializer, responses=TrafficSettingsSerializer)
    def post(self, request: Request) -> Response:
        """Stop nothing automatically before `until`; planned stops are called off."""
        until = checked(UntilSerializer, request.data)["until"]
        with transaction.atomic():
            pausing.pause_all(until, by=Actor.from_request(request), now=timezone.now())
        return shown()


class ResumeView(TenantAPIView):
    """The end of that rest."""

    required_scopes: ClassVar[dict[str, str]] = POWERED

    @extend_schema(request=None, responses=TrafficSettingsSerializer)
    def post(self, request: Request) -> Response:
        """Let the guard act again."""
        with transaction.atomic():
            pausing.resume_all(by=Actor.from_request(request), now=timezone.now())
        return shown()


def shown() -> Response:
    """Return the settings; a look writes no row."""
    rows = Preferences.objects.select_related("chat__bot").defer("chat__bot__token")
    return Response(TrafficSettingsSerializer(rows.first() or Preferences()).data)


def _limits(given: dict[str, Any]) -> dict[str, Any]:
    """Return caps and prices as the portal's form takes them, which compares them, too.

    Raises:
        ValidationError: by field.
    """
    named = {name: given[name] for name in SettingsForm.base_fields if name in given}
    if not named:
        return {}
    form = SettingsForm(initial_of(Preferences.objects.first() or Preferences()) | named)
    if not form.is_valid():
        problems = {name: [str(one) for one in said] for name, said in form.errors.items()}
        raise exceptions.ValidationError(problems)
    return {name: form.cleaned_data[name] for name in named}


def _chat(bot: str, chat_id: int) -> Chat:
    """Return a chat that a bot of this product can write to.

    Raises:
        ValidationError: there is none.
    """
    rows: Any = Chat.objects.select_related("bot").defer("bot__token")
    found: Chat | None = rows.filter(
        bot__public_id=bot, telegram_id=chat_id, state=Chat.State.ACTIVE
    ).first()
    if found is None or not recipients.serves(found.bot, "traffic_guard"):
        raise exceptions.ValidationError({"chat": [_("No bot of yours can write there.")]})
    return found
