"""The REST API of giveaways. Nothing here can set a winner or a weight."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from bots.models import Bot, Chat
from lottery.models import DrawRecord, Entry, Lottery, Place
from lottery.serializers import (
    CancelSerializer,
    EntrySerializer,
    GiveawaySerializer,
    NewGiveawaySerializer,
    ResultSerializer,
)
from lottery.services import giveaways
from lottery.services.plans import Plan, PrizeLine
from tenants.api_views import TenantViewSet
from tenants.services.audit import Actor


class Conflict(exceptions.APIException):
    """The giveaway has gone on: what was asked for is not possible any more, or not yet."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "wrong_state"


class NewestFirst(CursorPagination):
    """Pages by age."""

    ordering = "-id"


class OldestFirst(CursorPagination):
    """Pages in the order of joining."""

    ordering = "id"


@contextmanager
def refusals_in_http() -> Iterator[None]:
    """Turn what the services refuse into answers."""
    try:
        yield
    except ValidationError as error:
        raise exceptions.ValidationError(error.message_dict) from error
    except giveaways.WrongState as error:
        raise Conflict(_("This giveaway is “%(state)s”.") % {"state": error.state.label}) from error


class GiveawayViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """The tenant's giveaways."""

    required_scopes: ClassVar[dict[str, str]] = {"read": "lottery:read", "write": "lottery:write"}
    serializer_class = GiveawaySerializer
    pagination_class = NewestFirst
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9A-Za-z]+"

    def get_queryset(self) -> QuerySet[Lottery]:
        """Return the tenant's giveaways without their secrets."""
        if getattr(self, "swagger_fake_view", False):
            return Lottery.objects.none()
        found = Lottery.objects.select_related("bot", "chat").prefetch_related("prizes")
        return found.defer("secret", "bot__token")

    @extend_schema(request=NewGiveawaySerializer, responses={201: GiveawaySerializer})
    def create(self, request: Request) -> Response:
        """Create a giveaway and, unless told otherwise, publish it."""
        serializer = NewGiveawaySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        actor, now = Actor.from_request(request), timezone.now()
        with refusals_in_http(), transaction.atomic():
            lottery = giveaways.create(self._plan(given), actor=actor, now=now)
            if given["publish"]:
                giveaways.publish(lottery.pk, actor=actor, now=now)
        return self._shown(lottery, status.HTTP_201_CREATED)

    def _plan(self, given: dict[str, Any]) -> Plan:
        bot = Bot.objects.filter(public_id=given["bot"]).defer("token").first()
        if bot is None:
            raise exceptions.ValidationError({"bot": [_("There is no such bot.")]})
        chat = None
        if given["chat_id"] is not None:
            chat = Chat.objects.filter(bot=bot, telegram_id=given["chat_id"]).first()
            if chat is None:
                raise exceptions.ValidationError({"chat_id": [_("This bot is not in that chat.")]})
        return Plan(
            bot=bot,
            chat=chat,
            title=given["title"],
            text=given["text"],
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            time_zone=given.get("time_zone", self.tenant.time_zone),
            reserves=given["reserves"],
            prizes=[PrizeLine(**prize) for prize in given["prizes"]],
        )

    def _shown(self, lottery: Lottery, code: int = status.HTTP_200_OK) -> Response:
        return Response(GiveawaySerializer(self.get_queryset().get(pk=lottery.pk)).data, code)

    @extend_schema(request=None, responses=GiveawaySerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, **kwargs: Any) -> Response:
        """Let a draft start at its time."""
        del kwargs
        lottery, actor = self.get_object(), Actor.from_request(request)
        with refusals_in_http():
            giveaways.publish(lottery.pk, actor=actor, now=timezone.now())
        return self._shown(lottery)

    @extend_schema(request=CancelSerializer, responses=GiveawaySerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Call a giveaway off, with a reason that everybody may read."""
        del kwargs
        lottery, serializer = self.get_object(), CancelSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        reason, actor = serializer.validated_data["reason"], Actor.from_request(request)
        with refusals_in_http():
            giveaways.cancel(lottery.pk, reason=reason, actor=actor, now=timezone.now())
        return self._shown(lottery)

    @extend_schema(responses=EntrySerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=OldestFirst)
    def entries(self, request: Request, **kwargs: Any) -> Response:
        """List who takes part, a page at a time."""
        del request, kwargs
        found = Entry.objects.filter(lottery=self.get_object()).select_related("person")
        rows = self.paginate_queryset(found.defer("salt", "tag"))
        return self.get_paginated_response(EntrySerializer(rows, many=True).data)

    @extend_schema(responses=ResultSerializer)
    @action(detail=True, methods=["get"])
    def result(self, request: Request, **kwargs: Any) -> Response:
        """Return what was drawn; 409 until it has been."""
        del request, kwargs
        lottery = self.get_object()
        record = DrawRecord.objects.filter(lottery=lottery).exclude(drawn_at=None).first()
        if record is None:
            raise Conflict(_("It has not been drawn yet."), "not_drawn")
        places = Place.objects.filter(lottery=lottery).order_by("position")
        places = places.select_related("prize", "entry__person")
        return Response(ResultSerializer({**vars(record), "places": places}).data)
