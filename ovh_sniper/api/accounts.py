"""OVH accounts over the REST API: linked, changed, looked at, renewed, disconnected."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from ovh_sniper.api import answers
from ovh_sniper.api.answers import WRITE, refusals_in_http
from ovh_sniper.models import Account
from ovh_sniper.serializers.accounts import (
    KEYS,
    AccountChangesSerializer,
    AccountSerializer,
    ConsentSerializer,
    NewAccountSerializer,
    RightsSerializer,
    refuse_foreign_keys,
)
from ovh_sniper.services.accounts import linking
from ovh_sniper.services.accounts.checks import PARTS
from ovh_sniper.services.accounts.linking import WayBack
from ovh_sniper.services.leaving import disconnecting
from ovh_sniper.services.orders.listing import ACCOUNT_SECRETS
from tenants.api_input import Query, asked, checked
from tenants.api_lists import Conflict
from tenants.services.audit import Actor

IN_USE = gettext_lazy("An order of it is being looked up at OVH right now. Try again in a minute.")


class AccountViewSet(mixins.RetrieveModelMixin, answers.ProductViewSet):
    """The tenant's OVH accounts."""

    serializer_class = AccountSerializer

    def get_queryset(self) -> QuerySet[Account]:
        """Return the tenant's accounts without their keys."""
        if getattr(self, "swagger_fake_view", False):
            return Account.objects.none()
        return Account.objects.defer(*ACCOUNT_SECRETS)

    @extend_schema(parameters=[Query], responses=AccountSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List accounts, the newest first; those that were disconnected stay in it."""
        return self.page(self.get_queryset(), asked(Query, request))

    @extend_schema(request=NewAccountSerializer, responses={201: AccountSerializer})
    def create(self, request: Request) -> Response:
        """Link an account; a worker looks at it within a moment.

        Application keys without a consumer key have OVH asked for one: `consent/` then names the
        page on which the account's owner agrees. He comes back to our portal, logged in as admin.
        """
        given = checked(NewAccountSerializer, request.data)
        keys = {name: given.pop(name, "") for name in KEYS}
        with refusals_in_http(), transaction.atomic():
            account = linking.link(
                keys={part: keys[part] for part in PARTS[given["kind"]]},
                way_back=self._way_back(request),
                actor=Actor.from_request(request),
                now=timezone.now(),
                **given,
            )
        return self._shown(account, status.HTTP_201_CREATED)

    @extend_schema(request=AccountChangesSerializer, responses=AccountSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Give an account another name or other keys; with keys a disconnected one is back."""
        del kwargs
        actor = Actor.from_request(request)
        with refusals_in_http(), transaction.atomic():
            account = self._whole()
            given = checked(AccountChangesSerializer, request.data)
            refuse_foreign_keys(account.kind, given)
            keys = {name: given[name] for name in KEYS if name in given}
            if "name" in given:
                linking.rename(account, given["name"], actor=actor)
            if keys or "host" in given:
                linking.change(
                    account,
                    keys=keys,
                    host=given.get("host", ""),
                    way_back=self._way_back(request),
                    actor=actor,
                    now=timezone.now(),
                )
        return self._shown(account)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Disconnect an account: its wishes stop, its keys go, its orders stay.

        409 while the answer to one of its orders is being looked up.
        """
        del kwargs
        with transaction.atomic():
            account = self.get_object()
            try:
                disconnecting.disconnect(
                    account, actor=Actor.from_request(request), now=timezone.now()
                )
            except disconnecting.InUse as error:
                said = _(
                    "An order of it is being looked up at OVH right now. Try again in a minute."
                )
                raise Conflict(said, "in_use") from error
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=AccountSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, **kwargs: Any) -> Response:
        """Have an account looked at now; 409 where it is disconnected."""
        del kwargs
        with transaction.atomic():
            account = self.get_object()
            if not linking.check(account, actor=Actor.from_request(request), now=timezone.now()):
                raise Conflict(_("This account is disconnected"), state="disconnected")
        return self._shown(account)

    @extend_schema(methods=["GET"], responses=ConsentSerializer)
    @extend_schema(methods=["POST"], request=RightsSerializer, responses=AccountSerializer)
    @action(detail=True, methods=["get", "post"], required_scopes={"read": WRITE, "write": WRITE})
    def consent(self, request: Request, **kwargs: Any) -> Response:
        """Ask OVH for a new consumer key (POST), or show the page to agree on (GET).

        409 where no consent is under way.
        """
        del kwargs
        if request.method == "POST":
            return self._ask_consent(request)
        account = self.get_object()
        if not account.consent_back:
            raise Conflict(_("No consent is asked for at OVH."), "no_consent")
        # deferred until here: whoever has it and the account's password can agree
        found = ConsentSerializer({"url": account.consent_url})
        return Response(found.data, headers={"Cache-Control": "no-store"})

    def _ask_consent(self, request: Request) -> Response:
        with refusals_in_http(), transaction.atomic():
            account = self._whole()
            linking.ask_consent(
                account,
                rights=checked(RightsSerializer, request.data)["rights"],
                way_back=self._way_back(request),
                actor=Actor.from_request(request),
                now=timezone.now(),
            )
        return self._shown(account)

    # --- What stands behind

    def _whole(self) -> Account:
        """Return the account that the address names, with its keys, to be changed."""
        return get_object_or_404(Account.objects.all(), public_id=self.kwargs["id"])

    def _way_back(self, request: Request) -> WayBack:
        """Return how OVH sends the owner's browser back to the portal."""

        def address(public_id: str, mark: str) -> str:
            path = reverse("ovh_sniper:account_back", args=[self.tenant.slug, public_id])
            return f"{request.build_absolute_uri(path)}?{urlencode({'mark': mark})}"

        return address

    def _shown(self, account: Account, code: int = status.HTTP_200_OK) -> Response:
        return Response(AccountSerializer(self.get_queryset().get(pk=account.pk)).data, code)
