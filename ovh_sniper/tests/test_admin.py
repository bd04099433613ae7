"""The product's lists in the operators' admin: in words, without secrets, to look at only."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account, Order, StoredCatalogue, WarmCart
from ovh_sniper.testing import make_account, make_wish
from tenants.models import Tenant, User
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
MODELS = [one for one in admin.site._registry if one._meta.app_label == "ovh_sniper"]


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "x" * 12))
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return html.unescape(bytes(response.content).decode())


def path(model: Any, pk: int | None = None) -> str:
    page = f"/operator/ovh_sniper/{model._meta.model_name}/"
    return page if pk is None else f"{page}{pk}/change/"


def make_order(account: Account, **fields: Any) -> Order:
    values = {"source": "portal", "plan_code": "27sk15", "datacenter": "gra", **fields}
    with scope(account.tenant_id):
        order: Order = Order.objects.create(account=account, **values)
    return order


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_can_be_done_here(model: Any) -> None:
    page: Any = admin.site._registry[model]
    assert page.operations == ()
    assert not page.actions
    assert page.list_editable == ()
    for may in ("has_add_permission", "has_change_permission", "has_delete_permission"):
        assert getattr(page, may)(None) is False


def test_an_accounts_findings_are_told_in_words(operator: Client, tenant: Tenant) -> None:
    account = make_account(
        tenant,
        findings=[
            {"code": "no_payment_method"},
            {"code": "expired", "at": "2026-11-01T12:00+00:00"},
        ],
    )
    shown = text_of(operator.get(path(Account, account.pk)))
    assert "There is no valid default payment method" in shown
    assert "The consumer key ended on" in shown
    # the list tells the worst
    assert "The consumer key ended on" in text_of(operator.get(path(Account)))
    for name in ("application_key", "application_secret", "consumer_key"):
        assert getattr(account, name) not in shown


def test_an_order_is_told_from_its_beginning(operator: Client, tenant: Tenant) -> None:
    order = make_order(
        make_account(tenant),
        state="refused",
        reason="price_over_cap",
        detail="51 > 50",
        requested_by="alice@example.org",
        checkout_at=timezone.now() + timedelta(seconds=1),
        cart_id="c4rt-1d-0000",
        url="https://ovh.example/?orderPassword=hush",
    )
    shown = text_of(operator.get(path(Order, order.pk)))
    assert "The price now is above the limit. (51 > 50)" in shown
    assert shown.index("Wanted in the portal") < shown.index("Sent to OVH: one checkout")
    assert "c4rt-1d-0000" not in shown
    assert "hush" not in shown


def test_a_carts_id_is_on_no_page(operator: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    with scope(tenant):
        cart = WarmCart.objects.create(
            account=account, fqn="27sk15.ram", datacenter="gra", cart_id="c4rt-1d-0000"
        )
    for page in (path(WarmCart), path(WarmCart, cart.pk)):
        assert "c4rt-1d-0000" not in text_of(operator.get(page))


def test_lists_are_filtered_by_tenant_state_and_number(
    operator: Client, tenant: Tenant, stranger: Tenant
) -> None:
    ours = make_order(make_account(tenant), state="placed", ovh_order_id=214_365_879)
    theirs = make_order(make_account(stranger), state="unknown")
    queries = {
        "": {ours.pk, theirs.pk},
        f"tenant__id__exact={tenant.pk}": {ours.pk},
        "state__exact=unknown": {theirs.pk},
        "q=214365879": {ours.pk},
        "q=Charlie": {theirs.pk},
    }
    for query, expected in queries.items():
        response = operator.get(f"{path(Order)}?{query}")
        found = {order.pk for order in response.context["cl"].result_list}
        assert found == expected, query


def test_an_accounts_page_leads_to_what_belongs_to_it(operator: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    wish = make_wish(account, mode="alert", name="the wish")
    shown = text_of(operator.get(path(Account, account.pk)))
    link = f"{path(type(wish))}?account__id__exact={account.pk}"
    assert link in shown
    assert "the wish" in text_of(operator.get(link))


def test_a_price_list_is_shown_without_fetching_it(
    operator: Client, django_assert_max_num_queries: Any
) -> None:
    StoredCatalogue.objects.create(host="eu", subsidiary="FR", body=b"x" * 1_000)
    with django_assert_max_num_queries(8) as queries:
        text_of(operator.get(path(StoredCatalogue)))
    assert not [one for one in queries if '"body"' in one["sql"]]
