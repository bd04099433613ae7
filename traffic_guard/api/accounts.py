"""Cloud accounts over the REST API: linked, changed, looked at, searched, disconnected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_input import asked, checked
from tenants.api_lists import Conflict
from tenants.services.audit import Actor
from traffic_guard.api import answers
from traffic_guard.api.answers import POWERED, refusals_in_http
from traffic_guard.models import Account
from traffic_guard.serializers.accounts import (
    AccountQuery,
    CloudAccountChangesSerializer,
    CloudAccountDetailSerializer,
    CloudAccountSerializer,
    NewCloudAccountSerializer,
)
from traffic_guard.services.accounts import access, halting, linking
from traffic_guard.services.guarding import leaving


class AccountViewSet(answers.ProductViewSet):
    """The tenant's accounts at clouds."""

    serializer_class = CloudAccountSerializer

    def get_queryset(self) -> QuerySet[Account]:
        """Return the tenant's accounts without their keys."""
        if getattr(self, "swagger_fake_view", False):
            return Account.objects.none()
        return Account.objects.defer(*access.SECRETS)

    @extend_schema(parameters=[AccountQuery], responses=CloudAccountSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List accounts, the newest first."""
        wanted = asked(AccountQuery, request)
        found = self.get_queryset()
        is_left = wanted.pop("disconnected", None)
        if is_left is not None:
            found = found.filter(left_at__isnull=not is_left)
        if "state" in wanted:
            found = found.filter(state=wanted["state"])
        rows: Sequence[Account] = self.paginate_queryset(found) or ()
        shown = CloudAccountSerializer(rows, many=True, context=_context(rows))
        return self.get_paginated_response(shown.data)

    @extend_schema(responses=CloudAccountDetailSerializer)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show an account with what the last check of its keys found."""
        del request, kwargs
        return self._shown(self.get_object())

    @extend_schema(request=NewCloudAccountSerializer, responses={201: CloudAccountDetailSerializer})
    def create(self, request: Request) -> Response:
        """Link an account; a worker looks at its keys and for its servers within a moment."""
        given = checked(NewCloudAccountSerializer, request.data)
        with refusals_in_http(), transaction.atomic():
            account = linking.link(actor=Actor.from_request(request), now=timezone.now(), **given)
        return self._shown(account, status.HTTP_201_CREATED)

    @extend_schema(request=CloudAccountChangesSerializer, responses=CloudAccountDetailSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change an account; with keys a disconnected one is back."""
        del kwargs
        given = checked(CloudAccountChangesSerializer, request.data)
        with refusals_in_http(), transaction.atomic():
            account = access.load(self.get_object().pk)
            linking.change(account, actor=Actor.from_request(request), now=timezone.now(), **given)
        return self._shown(account)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Disconnect an account: its keys go, its history stays, nothing at the cloud is touched.

        409 while what became of a stop or start is being looked up.
        """
        del kwargs
        with refusals_in_http(), transaction.atomic():
            leaving.disconnect(self.get_object(), Actor.from_request(request), timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=CloudAccountDetailSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, **kwargs: Any) -> Response:
        """Have the keys looked at now; 409 where it is disconnected."""
        del kwargs
        with transaction.atomic():
            account = self.get_object()
            if not linking.check_now(account, Actor.from_request(request), timezone.now()):
                raise Conflict(_("This account is disconnected."), state="disconnected")
        return self._shown(account)

    @extend_schema(request=None, responses=CloudAccountDetailSerializer)
    @action(detail=True, methods=["post"])
    def rescan(self, request: Request, **kwargs: Any) -> Response:
        """Have servers looked for now; 409 where its keys do not work."""
        del kwargs
        with transaction.atomic():
            account = self.get_object()
            if not linking.rescan(account, Actor.from_request(request), timezone.now()):
                raise Conflict(_("The keys of this account do not work yet."), state=account.state)
        return self._shown(account)

    @extend_schema(request=None, responses=CloudAccountDetailSerializer)
    @action(detail=True, methods=["post"], required_scopes=POWERED)
    def release(self, request: Request, **kwargs: Any) -> Response:
        """Allow automatic stops again that rest because the cloud refused one."""
        del kwargs
        with transaction.atomic():
            account = self.get_object()
            halting.release(account, Actor.from_request(request))
        return self._shown(account)

    def _shown(self, account: Account, code: int = status.HTTP_200_OK) -> Response:
        fresh = self.get_queryset().get(pk=account.pk)
        return Response(CloudAccountDetailSerializer(fresh, context=_context([fresh])).data, code)


def _context(rows: Sequence[Account]) -> dict[str, Any]:
    """Return what the serializer needs besides the rows: their keys, shortened; one query."""
    return {"keys": access.masked_keys([account.pk for account in rows])}
