"""Wishes over the REST API.

A wish that orders at once spends money whenever stock appears: to make, change or resume one, a key
needs `ovh:order` too, and `ovh:pay` where it pays by itself. A dry run orders nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from ovh_sniper.api import answers
from ovh_sniper.api.answers import ORDER, PAY, refusals_in_http
from ovh_sniper.api.lookups import with_rows
from ovh_sniper.models import Order, Wish
from ovh_sniper.serializers.wishes import (
    ActedSerializer,
    ActSerializer,
    BatchSerializer,
    ImportQuery,
    NewWishSerializer,
    WishChangesSerializer,
    WishesSerializer,
    WishQuery,
    WishSerializer,
)
from ovh_sniper.services.orders.listing import ACCOUNT_SECRETS
from ovh_sniper.services.wishes import lifecycle, resuming
from tenants.api_auth import has_scope, require_scope
from tenants.api_input import asked, checked
from tenants.api_lists import Conflict
from tenants.services.audit import Actor

LONGEST_FILE = 1024 * 1024  # bytes
HIDDEN = ("bot__token", *(f"account__{name}" for name in ACCOUNT_SECRETS))


class CsvParser(BaseParser):
    """Takes a file as it is; services/wishes/csv_file.py reads it."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return the text of a file in UTF-8.

        Raises:
            ParseError: it is no text, or too much of it.
        """
        del media_type, parser_context
        content = stream.read(LONGEST_FILE + 1)
        if len(content) > LONGEST_FILE:
            raise exceptions.ParseError(_("The file is too large."))
        try:
            return str(content, "utf-8")
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(_("The file is not text in UTF-8.")) from error


def may_spend(request: Request, *found: Wish) -> None:
    """Let a key write wishes with the terms that these have; call it before the commit.

    Raises:
        PermissionDenied: they spend money, and the key may not.
    """
    for wish in found:
        if wish.mode == Wish.Mode.ORDER and not wish.dry_run:
            require_scope(request, ORDER)
        if wish.autopay:
            require_scope(request, PAY)


class WishViewSet(mixins.RetrieveModelMixin, answers.ProductViewSet):
    """The tenant's wishes."""

    serializer_class = WishSerializer

    def get_queryset(self) -> QuerySet[Wish]:
        """Return the tenant's wishes, and how many places of each are held."""
        if getattr(self, "swagger_fake_view", False):
            return Wish.objects.none()
        ended = Q(orders__state=Order.State.CANCELLED, orders__ovh_order_id__isnull=False)
        held = Q(orders__state__in=Order.COUNTED) | ended
        held &= Q(orders__place__isnull=False)
        found = Wish.objects.select_related("account", "bot").defer(*HIDDEN)
        return found.annotate(held=Count("orders", filter=held))

    @extend_schema(parameters=[WishQuery], responses=WishSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List wishes, the newest first."""
        wanted = asked(WishQuery, request)
        return self.page(
            self.get_queryset(), wanted, plan="plan_code", account="account__public_id"
        )

    @extend_schema(request=NewWishSerializer, responses={201: WishSerializer})
    def create(self, request: Request) -> Response:
        """Make a wish; it is armed at once, and what is in stock already counts."""
        with refusals_in_http(), transaction.atomic():
            given = _terms(request, NewWishSerializer)
            wish = lifecycle.create(**_by(request), **given)
            may_spend(request, wish)
        return self._shown(wish, status.HTTP_201_CREATED)

    @extend_schema(request=WishChangesSerializer, responses=WishSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change some terms of a wish."""
        del kwargs
        with refusals_in_http(), transaction.atomic():
            wish = self._whole()
            given = _terms(request, WishChangesSerializer)
            # what it is now counts too: its other terms say how much it may spend
            may_spend(request, wish)
            lifecycle.edit(wish, **_by(request), **given)
            may_spend(request, wish)
        return self._shown(wish)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Remove a wish; its orders stay, those that were not sent are taken back."""
        del kwargs
        with transaction.atomic():
            lifecycle.clear([self._whole()], actor=Actor.from_request(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=WishSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, **kwargs: Any) -> Response:
        """Stop watching for a wish; 409 where it is not armed."""
        del kwargs
        with transaction.atomic():
            wish = self._whole()
            if not lifecycle.pause([wish], actor=Actor.from_request(request), now=timezone.now()):
                raise _wrong_state(wish)
        return self._shown(wish)

    @extend_schema(request=None, responses=WishSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Arm a wish again; 409 where it is armed, has all it asked for, or its time is over.

        Of a wish that was stopped, done or expired, what OVH took and then ended (unpaid, or
        withdrawn from) is ordered again. One that was only paused goes on where it was.
        """
        del kwargs
        with transaction.atomic():
            wish = self._whole()
            may_spend(request, wish)
            if not resuming.resume([wish], **_by(request), anew=True):
                raise _wrong_state(wish)
        return self._shown(wish)

    @extend_schema(request=WishChangesSerializer, responses={201: WishSerializer})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, **kwargs: Any) -> Response:
        """Make a paused copy of a wish, with changes, without its orders."""
        del kwargs
        with refusals_in_http(), transaction.atomic():
            wish = self._whole()
            given = _terms(request, WishChangesSerializer)
            copy = lifecycle.duplicate(wish, **_by(request), **given)
            may_spend(request, copy)
        return self._shown(copy, status.HTTP_201_CREATED)

    @extend_schema(request=BatchSerializer, responses={201: WishesSerializer})
    @action(detail=False, methods=["post"])
    def batch(self, request: Request) -> Response:
        """Make the same wish for many plans: all or none."""
        with refusals_in_http(), transaction.atomic():
            given = _terms(request, BatchSerializer)
            made = lifecycle.create_many(given.pop("plan_codes"), **_by(request), **given)
            may_spend(request, *made)
        return self._all_shown(made)

    @extend_schema(request=ActSerializer, responses=ActedSerializer)
    @action(detail=False, methods=["post"])
    def act(self, request: Request) -> Response:
        """Pause, resume or remove many wishes; those that are so already, or are not there, stay
        as they are. Orders that were not sent are taken back; what resuming orders again: see
        there."""
        given = checked(ActSerializer, request.data)
        with transaction.atomic():
            locked = Wish.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
            rows = locked.select_related("account", "tenant", "bot").defer(*HIDDEN)
            found = list(rows.filter(public_id__in=given["ids"]))
            if given["act"] == "resume":
                may_spend(request, *found)
                changed = resuming.resume(found, **_by(request), anew=True)
            else:
                end = lifecycle.pause if given["act"] == "pause" else lifecycle.clear
                changed = end(found, actor=Actor.from_request(request), now=timezone.now())
        return Response({"changed": changed})

    @extend_schema(
        parameters=[ImportQuery],
        request={"text/csv": OpenApiTypes.STR},
        responses={201: WishesSerializer},
    )
    @action(detail=False, methods=["post"], url_path="import", parser_classes=[CsvParser])
    def import_csv(self, request: Request) -> Response:
        """Make one wish a line of a CSV file: all or none. Its first line names the columns."""
        with refusals_in_http(), transaction.atomic():
            given = with_rows(asked(ImportQuery, request))
            # of an empty body REST framework makes an object
            text: Any = request.data or ""
            made = lifecycle.import_csv(text, **_by(request), **given)
            may_spend(request, *made)
        return self._all_shown(made)

    def _whole(self) -> Wish:
        """Return the wish that the address names, as the services take it.

        Locked: what it may spend is judged and written by nobody else in between.
        """
        locked = Wish.objects.select_for_update(of=("self",), no_key=True)
        found = locked.select_related("account", "tenant", "bot").defer(*HIDDEN)
        return get_object_or_404(found, public_id=self.kwargs["id"])

    def _shown(self, wish: Wish, code: int = status.HTTP_200_OK) -> Response:
        return Response(WishSerializer(self.get_queryset().get(pk=wish.pk)).data, code)

    def _all_shown(self, made: Sequence[Wish]) -> Response:
        found = self.get_queryset().filter(pk__in=[wish.pk for wish in made]).order_by("pk")
        data = WishSerializer(found, many=True).data
        return Response({"wishes": data}, status.HTTP_201_CREATED)


def _terms(request: Request, kind: Any) -> dict[str, Any]:
    """Return the terms that a body names.

    Raises:
        ValidationError: by field.
        PermissionDenied: it lets a wish pay by itself, and the key may not.
    """
    given = with_rows(checked(kind, request.data))
    if given.get("autopay"):
        require_scope(request, PAY)
    return given


def _by(request: Request) -> dict[str, Any]:
    """Return who acts, when, and whether he may let a wish pay by itself."""
    key: Any = request.auth
    return {
        "actor": Actor.from_request(request),
        "now": timezone.now(),
        "may_pay": has_scope(key, PAY),
    }


def _wrong_state(wish: Wish) -> Conflict:
    said = _("This wish is “%(state)s”.") % {"state": Wish.State(wish.state).label}
    return Conflict(said, state=wish.state)
