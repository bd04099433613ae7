"""The page that makes and revokes API keys."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import ApiKey, AuditEvent, Tenant, User
from tenants.scoping import scope
from tenants.services import api_keys
from tenants.testing import make_api_key, make_tenant, make_user, page_as

pytestmark = pytest.mark.django_db
FORM = re.compile(r"bh_live_[0-9A-Za-z]{10}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}")
DAY = datetime.timedelta(days=1)


PAGE = "/t/harbor/api-keys/"


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_key_is_shown_once(alice: User, tenant: Tenant) -> None:
    client = log_in(alice)
    made = client.post(PAGE, {"name": "website", "scopes": ["bots:read"], "expires": "30"})
    (text,) = set(FORM.findall(made.content.decode()))
    assert "no-store" in made["Cache-Control"]
    key = api_keys.verify(text, now=timezone.now())
    assert key is not None
    assert (key.name, key.scopes, key.created_by_id) == ("website", ["bots:read"], alice.pk)
    assert api_keys.verify(text, now=timezone.now() + 31 * DAY) is None
    again = client.get(PAGE).content.decode()
    assert key.prefix in again
    assert not FORM.search(again)


def test_a_key_without_scopes_is_not_made(alice: User, tenant: Tenant) -> None:
    response = log_in(alice).post(PAGE, {"name": "x", "scopes": [], "expires": ""})
    assert response.context["form"].errors.keys() == {"scopes"}
    with scope(tenant):
        assert not ApiKey.objects.exists()


def test_a_key_is_revoked(alice: User, tenant: Tenant) -> None:
    text = make_api_key(tenant)
    response = log_in(alice).post(f"{PAGE}{text.split('_')[2]}/revoke/", follow=True)
    assert response.status_code == 200
    assert len(response.context["ended"]) == 1
    assert api_keys.verify(text, now=timezone.now()) is None
    with scope(tenant):
        event = AuditEvent.objects.get(action="api_key.revoked")
    assert event.user_id == alice.pk


def test_another_tenants_key_is_not_found(alice: User, tenant: Tenant) -> None:
    text = make_api_key(make_tenant(owner=make_user()))
    response = log_in(alice).post(f"{PAGE}{text.split('_')[2]}/revoke/")
    assert response.status_code == 404
    assert api_keys.verify(text, now=timezone.now()) is not None


def test_operators_see_no_keys(bob: User) -> None:
    assert page_as(bob, PAGE).status_code == 403


def test_many_keys_cost_no_more_queries(
    alice: User, tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    for _number in range(10):
        make_api_key(tenant, created_by=alice)
    client = log_in(alice)
    with django_assert_max_num_queries(4):
        assert client.get(PAGE).status_code == 200
