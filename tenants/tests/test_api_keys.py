"""API keys: their form, their checks, their scopes, their page."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework import exceptions, serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_views import TenantAPIView
from tenants.models import ApiKey, AuditEvent, Membership, Tenant
from tenants.scoping import current, scope
from tenants.services import api_keys
from tenants.services.audit import Actor
from tenants.testing import make_api_key

pytestmark = pytest.mark.django_db
FORM = re.compile(r"bh_live_[0-9A-Za-z]{10}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}")
DAY = datetime.timedelta(days=1)


class Probe(TenantAPIView):
    """Says whose scope is open."""

    required_scopes = {"read": "bots:read", "write": "bots:write"}

    def get(self, request: Request) -> Response:
        # a generator: rendering must still be inside the scope
        return Response(
            {"tenant": current(), "members": (m.role for m in Membership.objects.all())}
        )

    def post(self, request: Request) -> Response:
        if request.GET.get("raise") == "404":
            get_object_or_404(ApiKey.objects.all(), prefix="none")
        if error := ERRORS.get(str(request.GET.get("raise"))):
            raise error
        return Response({"kind": Actor.from_request(request).kind}, status=201)


class Unscoped(TenantAPIView):
    """Forgot to name its scopes."""

    def get(self, request: Request) -> Response:
        return Response({})


ERRORS: dict[str, Exception] = {
    "fields": serializers.ValidationError({"name": ["Too long."]}),
    "list": serializers.ValidationError(["No."]),
    "429": exceptions.Throttled(wait=7),
}


def call(
    rf: RequestFactory, key: str | None, method: str = "get", path: str = "/", view: Any = Probe
) -> Any:
    headers = {} if key is None else {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    return view.as_view()(getattr(rf, method)(path, **headers))


def test_a_key_has_its_form_and_is_not_stored(tenant: Tenant) -> None:
    text = make_api_key(tenant)
    assert FORM.fullmatch(text)
    with scope(tenant):
        key = ApiKey.objects.get()
    assert key.prefix == text.split("_")[2]
    secret = text.split("_")[3]
    assert secret not in str(vars(key))
    assert len(bytes(key.secret_digest)) == 32
    assert str(key) == f"test (bh_live_{key.prefix}_…)"


def test_making_a_key_is_noted_without_it(tenant: Tenant) -> None:
    text = make_api_key(tenant, "bots:read")
    with scope(tenant):
        event = AuditEvent.objects.get(action="api_key.created")
    assert event.detail["scopes"] == ["bots:read"]
    assert text.split("_")[3] not in str(vars(event))


def test_a_key_needs_scopes_that_exist(tenant: Tenant) -> None:
    with scope(tenant):
        with pytest.raises(ValueError, match="scope"):
            api_keys.create("x", [], actor=Actor.system())
        with pytest.raises(ValueError, match="nonsense"):
            api_keys.create("x", ["nonsense"], actor=Actor.system())


def test_a_mistyped_key_costs_no_query(
    tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = make_api_key(tenant)
    now = timezone.now()
    mistyped = [text[:-1], text[:20] + ("x" if text[20] != "x" else "y") + text[21:], "", "é" * 60]
    with django_assert_num_queries(0):
        assert [api_keys.verify(one, now=now) for one in mistyped] == [None] * 4
    with django_assert_num_queries(1):
        assert api_keys.verify(text, now=now) is not None


def test_the_scope_of_the_key_is_open_in_the_view(tenant: Tenant, rf: RequestFactory) -> None:
    response = call(rf, make_api_key(tenant))
    assert response.status_code == 200
    assert response.is_rendered
    assert response.content == f'{{"tenant":{tenant.pk},"members":["owner"]}}'.encode()
    assert current() is None


def test_a_call_costs_two_queries_and_a_rare_third(
    tenant: Tenant, rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = make_api_key(tenant)
    with django_assert_num_queries(3):  # key, last use, the view's own
        call(rf, text)
    with django_assert_num_queries(2):
        call(rf, text)


def test_the_last_use_is_kept_by_the_minute(tenant: Tenant) -> None:
    key = api_keys.verify(make_api_key(tenant), now=timezone.now())
    assert key is not None
    start = timezone.now()
    used = []
    with scope(tenant):
        for seconds in (0, 59, 61):
            key.refresh_from_db()
            api_keys.note_use(key, now=start + datetime.timedelta(seconds=seconds))
            key.refresh_from_db()
            assert key.last_used_at is not None
            used.append((key.last_used_at - start).seconds)
    assert used == [0, 0, 61]


def refused(tenant: Tenant) -> dict[str, str]:
    """Return keys that do not work, each for another reason."""
    expired = make_api_key(tenant, expires_at=timezone.now())
    revoked = make_api_key(tenant)
    with scope(tenant):
        key = ApiKey.objects.get(prefix=revoked.split("_")[2])
        assert api_keys.revoke(key, actor=Actor.system(), now=timezone.now())
        assert not api_keys.revoke(key, actor=Actor.system(), now=timezone.now())
    unknown = f"bh_live_0123456789_{'a' * 32}"
    working = make_api_key(tenant).rsplit("_", 2)[0]
    other_secret = f"{working}_{'a' * 32}"
    return {
        "expired": expired,
        "revoked": revoked,
        "unknown": f"{unknown}_{api_keys.check(unknown)}",
        "other secret": f"{other_secret}_{api_keys.check(other_secret)}",
        "mistyped": make_api_key(tenant)[:-1],
        "empty": "",
        "not ASCII": "é",
    }


def test_what_does_not_work_is_refused_in_the_same_words(
    tenant: Tenant, rf: RequestFactory
) -> None:
    answers = {name: call(rf, text) for name, text in refused(tenant).items()}
    assert {name for name, answer in answers.items() if answer.status_code != 401} == set()
    assert len({answer.content for answer in answers.values()}) == 1
    assert answers["revoked"].data["error"]["code"] == "invalid_key"
    assert answers["revoked"]["WWW-Authenticate"].startswith("Bearer")


def test_without_a_key(rf: RequestFactory) -> None:
    response = call(rf, None)
    assert response.status_code == 401
    assert response.data["error"]["code"] == "not_authenticated"
    basic = Probe.as_view()(rf.get("/", HTTP_AUTHORIZATION="Basic eDp5"))
    assert basic.status_code == 401


def test_a_suspended_tenants_key(tenant: Tenant, rf: RequestFactory) -> None:
    text = make_api_key(tenant)
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    response = call(rf, text)
    assert response.status_code == 403
    assert response.data["error"]["code"] == "tenant_suspended"


def test_scopes(tenant: Tenant, rf: RequestFactory) -> None:
    full, read = make_api_key(tenant), make_api_key(tenant, "bots:read")
    write, other = make_api_key(tenant, "bots:write"), make_api_key(tenant, "lottery:write")
    table = {
        (name, method): call(rf, key, method).status_code
        for name, key in {"full": full, "read": read, "write": write, "other": other}.items()
        for method in ("get", "post")
    }
    assert table == {
        ("full", "get"): 200,
        ("full", "post"): 201,
        ("read", "get"): 200,
        ("read", "post"): 403,
        ("write", "get"): 403,
        ("write", "post"): 201,
        ("other", "get"): 403,
        ("other", "post"): 403,
    }
    error = call(rf, read, "post").data["error"]
    assert error["code"] == "scope_missing"
    assert "bots:write" in error["message"]


def test_a_view_without_scopes_stays_shut(tenant: Tenant, rf: RequestFactory) -> None:
    with pytest.raises(ImproperlyConfigured, match="Unscoped"):
        call(rf, make_api_key(tenant), view=Unscoped)


def test_the_actor_is_the_key(tenant: Tenant, rf: RequestFactory) -> None:
    assert call(rf, make_api_key(tenant), "post").data == {"kind": "api_key"}


BODIES: dict[str, tuple[int, dict[str, Any]]] = {
    "fields": (400, {"code": "invalid", "fields": {"name": ["Too long."]}}),
    "list": (400, {"code": "invalid", "fields": {"non_field_errors": ["No."]}}),
    "404": (404, {"code": "not_found"}),
    "429": (429, {"code": "throttled"}),
}


@pytest.mark.parametrize("kind", BODIES)
def test_errors_have_one_shape(tenant: Tenant, rf: RequestFactory, kind: str) -> None:
    response = call(rf, make_api_key(tenant), "post", f"/?raise={kind}")
    status, expected = BODIES[kind]
    assert response.status_code == status
    error = response.data["error"]
    assert expected.items() <= error.items()
    assert error["message"]
    assert "No ApiKey" not in str(error)
    assert ("Retry-After" in response.headers) == (kind == "429")


def test_methods_that_are_not_there(tenant: Tenant, rf: RequestFactory) -> None:
    response = call(rf, make_api_key(tenant), "put")
    assert (response.status_code, response.data["error"]["code"]) == (405, "method_not_allowed")


def test_unknown_addresses_of_the_api_answer_in_json(client: Client) -> None:
    response = client.get("/api/v1/nothing/")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_the_schema_names_the_header(client: Client) -> None:
    schema = client.get("/api/schema/", {"format": "json"}, HTTP_ACCEPT="application/json")
    assert schema.status_code == 200
    assert b"ApiKey" in schema.content
    assert b"bearer" in schema.content
    assert client.get("/api/docs/").status_code == 200
