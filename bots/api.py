"""The REST API of bots: DESIGN.md section 4, and the two older names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from bots import products
from bots.models import Bot
from bots.serializers import (
    BotSerializer,
    BotSettingsSerializer,
    HealthSerializer,
    NewBotSerializer,
    SentSerializer,
    TestMessageSerializer,
    WhichBotSerializer,
)
from bots.services import connecting, health, trial
from bots.services.obstacles import CannotConnect
from tenants.api_views import TenantAPIView, TenantViewSet
from tenants.services.audit import Actor

SCOPES = {"read": "bots:read", "write": "bots:write"}
# What is not a mistake in the request: another state of affairs, or Telegram.
STATUSES = {
    "already_connected": 409,
    "token_taken": 409,
    "chat_unreachable": 409,
    "telegram_unavailable": 503,
}


class Obstacle(exceptions.APIException):
    """Says in HTTP why something cannot be done with a bot."""

    def __init__(self, error: CannotConnect) -> None:
        self.status_code = STATUSES.get(error.code, status.HTTP_400_BAD_REQUEST)
        if error.waiting_helps:
            self.wait = 30  # becomes Retry-After
        super().__init__(error.message, error.code)


@contextmanager
def obstacles_in_http() -> Iterator[None]:
    """Turn what the services refuse into answers."""
    try:
        yield
    except CannotConnect as error:
        raise Obstacle(error) from error


class NewestFirst(CursorPagination):
    """Pages by time of creation."""

    ordering = ("-created_at", "-id")


class BotViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """The tenant's bots."""

    required_scopes: ClassVar[dict[str, str]] = SCOPES
    serializer_class = BotSerializer
    pagination_class = NewestFirst
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9A-Za-z]+"

    def get_queryset(self) -> QuerySet[Bot]:
        """Return the tenant's bots without their tokens."""
        if getattr(self, "swagger_fake_view", False):
            return Bot.objects.none()
        return Bot.objects.defer("token")

    @extend_schema(request=NewBotSerializer, responses={201: BotSerializer})
    def create(self, request: Request) -> Response:
        """Connect a bot by its token; it is off until it is enabled."""
        given = _checked(NewBotSerializer, request)
        with obstacles_in_http():
            bot = connecting.connect_bot(
                self.tenant,
                given["token"],
                given["products"],
                actor=Actor.from_request(request),
                language=given.get("language", ""),
                delivery=given.get("delivery", Bot.Delivery.WEBHOOK),
            )
        return Response(BotSerializer(bot).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=BotSettingsSerializer, responses=BotSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change products, language or delivery, or give the bot its newer token."""
        del kwargs
        bot, given = self.get_object(), _checked(BotSettingsSerializer, request)
        actor = Actor.from_request(request)
        with obstacles_in_http():
            if "token" in given:
                connecting.replace_token(bot, given["token"], actor=actor)
            connecting.change(
                bot,
                actor=actor,
                slugs=given.get("products"),
                language=given.get("language"),
                delivery=given.get("delivery"),
            )
        return Response(BotSerializer(bot).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Remove a bot with its people, chats and everything its products keep."""
        del kwargs
        connecting.delete_bot(self.get_object(), actor=Actor.from_request(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=BotSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, **kwargs: Any) -> Response:
        """Bring the bot online: getMe, setWebhook and the command menus."""
        del kwargs
        bot = self.get_object()
        with obstacles_in_http():
            connecting.enable(bot, actor=Actor.from_request(request))
        return Response(BotSerializer(bot).data)

    @extend_schema(request=None, responses=BotSerializer)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, **kwargs: Any) -> Response:
        """Switch the bot off: deleteWebhook."""
        del kwargs
        bot = self.get_object()
        connecting.disable(bot, actor=Actor.from_request(request))
        return Response(BotSerializer(bot).data)

    @extend_schema(responses=HealthSerializer)
    @action(detail=True, methods=["get"])
    def health(self, request: Request, **kwargs: Any) -> Response:
        """Ask Telegram now how the bot's deliveries go."""
        del request, kwargs
        bot = self.get_object()
        return Response(HealthSerializer(health.check_health(bot, now=timezone.now())).data)

    @extend_schema(request=TestMessageSerializer, responses=SentSerializer)
    @action(detail=True, methods=["post"], url_path="test-message")
    def test_message(self, request: Request, **kwargs: Any) -> Response:
        """Say something in a chat, at once."""
        del kwargs
        bot, given = self.get_object(), _checked(TestMessageSerializer, request)
        with obstacles_in_http():
            message_id = trial.send_test_message(bot, given["chat_id"])
        return Response({"message_id": message_id})


class RegisterWebhookView(TenantAPIView):
    """The older name of create and enable in one."""

    required_scopes: ClassVar[dict[str, str]] = SCOPES

    @extend_schema(request=WhichBotSerializer, responses=BotSerializer)
    def post(self, request: Request) -> Response:
        """Bring a bot online; a token that is new here is connected first, with all products."""
        given, actor = _checked(WhichBotSerializer, request), Actor.from_request(request)
        with obstacles_in_http():
            bot = _named(given)
            if bot is None and "token" in given:
                bot = connecting.connect_bot(
                    self.tenant, given["token"], list(products.installed()), actor=actor
                )
            if bot is None:
                raise Http404
            connecting.enable(bot, actor=actor)
        return Response(BotSerializer(bot).data)


class RemoveWebhookView(TenantAPIView):
    """The older name of disable."""

    required_scopes: ClassVar[dict[str, str]] = SCOPES

    @extend_schema(request=WhichBotSerializer, responses=BotSerializer)
    def post(self, request: Request) -> Response:
        """Switch a bot off."""
        with obstacles_in_http():
            bot = _named(_checked(WhichBotSerializer, request))
        if bot is None:
            raise Http404
        connecting.disable(bot, actor=Actor.from_request(request))
        return Response(BotSerializer(bot).data)


def _checked(kind: Any, request: Request) -> dict[str, Any]:
    """Return the request's data in the serializer's words. Raises ValidationError."""
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _named(given: dict[str, Any]) -> Bot | None:
    """Return the bot that an id or a token names. Raises NotAToken."""
    if "token" in given:
        return connecting.find_by_token(given["token"])
    found: Bot | None = Bot.objects.filter(public_id=given["bot_id"]).first()
    return found
