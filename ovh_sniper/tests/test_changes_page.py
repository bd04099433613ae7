"""The page of what changed in price lists: of the tenant's shops, filtered, latest first."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ovh_sniper.models import CatalogueChange, StoredCatalogue
from ovh_sniper.testing import make_account
from ovh_sniper.tests.pages import member, url
from tenants.models import Tenant

Kind = CatalogueChange.Kind
pytestmark = pytest.mark.django_db
FACTS = {
    "setup": "10.00",
    "first_period": "10.00",
    "renewal": "10.00",
    "currency": "EUR",
    "promotion": "",
    "promotion_ends_at": "",
}


@pytest.fixture
def list_fr(tenant: Tenant) -> StoredCatalogue:
    """The price list of the tenant's one account."""
    make_account(tenant)
    return stored("FR")


def stored(subsidiary: str, host: str = "eu") -> StoredCatalogue:
    return StoredCatalogue.objects.create(
        host=host,
        subsidiary=subsidiary,
        currency="EUR",
        tax_rate=20,
        fetched_at=timezone.now(),
    )


def change(
    catalogue: StoredCatalogue, kind: str = Kind.PRICE, plan_code: str = "27sk15", **after: str
) -> CatalogueChange:
    return CatalogueChange.objects.create(
        catalogue=catalogue,
        plan_code=plan_code,
        name=f"Name of {plan_code} | AMD",
        kind=kind,
        before={} if kind == Kind.NEW else FACTS,
        after={} if kind == Kind.GONE else {**FACTS, **after},
        noticed_at=timezone.now(),
    )


def opened(client: Client, tenant: Tenant, query: str = "") -> str:
    response = client.get(url(tenant, f"changes/{query}"))
    assert response.status_code == 200
    return response.content.decode()


def rows(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in body.split("</tr>")[:-1]
    ]


def codes(page: str) -> list[str]:
    return re.findall(r"<code>(.*?)</code>", page)


def test_a_stranger_finds_no_page(
    tenant: Tenant, charlie: Client, list_fr: StoredCatalogue
) -> None:
    assert charlie.get(url(tenant, "changes/")).status_code == 404


def test_a_viewer_sees_what_changed_latest_first(tenant: Tenant, list_fr: StoredCatalogue) -> None:
    change(list_fr, renewal="12.00", first_period="12.00")
    change(list_fr, Kind.PROMOTION, "24ska01", setup="0.00", promotion="Spring")
    change(list_fr, Kind.NEW, "28new01")
    change(list_fr, Kind.GONE, "20old01")
    found = rows(opened(member(tenant, "viewer"), tenant))
    assert [row.split()[2] for row in found] == ["20old01", "28new01", "24ska01", "27sk15"]
    gone, new, promotion, price = found
    assert "no longer sold was 12.00 EUR a month, set-up 12.00 EUR" in gone
    assert "new plan 12.00 EUR a month, set-up 12.00 EUR" in new
    assert "promotion “Spring”: set-up 12.00 EUR → 0.00 EUR" in promotion
    assert "price changed each month 12.00 EUR → 14.40 EUR" in price


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["28new01", "27sk15"]),
        ("?kind=new", ["28new01"]),
        ("?kind=nothing", ["28new01", "27sk15"]),
        ("?q=SK15", ["27sk15"]),
        ("?q=name+28", ["28new01"]),
        ("?q=x", []),
        ("?shop=eu/DE", ["24ska01"]),
        ("?shop=eu/XX", ["28new01", "27sk15"]),
        ("?page=99", ["28new01", "27sk15"]),
        ("?page=x", ["28new01", "27sk15"]),
    ],
)
def test_filters(
    tenant: Tenant, alice: Client, list_fr: StoredCatalogue, query: str, expected: list[str]
) -> None:
    change(stored("DE"), plan_code="24ska01", renewal="11.00")
    change(list_fr, renewal="12.00")
    change(list_fr, Kind.NEW, "28new01")
    assert codes(opened(alice, tenant, query)) == expected


def test_without_an_account_the_largest_shops_changes_show(tenant: Tenant, alice: Client) -> None:
    change(stored("FR"), renewal="12.00")
    change(stored("DE"), plan_code="24ska01", renewal="12.00")
    assert codes(opened(alice, tenant)) == ["27sk15"]


def test_several_shops_are_told_apart(
    tenant: Tenant, alice: Client, list_fr: StoredCatalogue
) -> None:
    make_account(tenant, name="German", subsidiary="DE", nichandle="x")
    change(list_fr, renewal="12.00")
    change(stored("DE"), renewal="12.00")
    german, french = rows(opened(alice, tenant))
    assert "Germany (DE)" in german
    assert "France (FR)" in french


def test_a_plan_leads_to_its_page_unless_it_is_gone(
    tenant: Tenant, alice: Client, list_fr: StoredCatalogue
) -> None:
    change(list_fr, Kind.GONE, "20old01")
    change(list_fr, Kind.NEW, "28new01")
    page = unescape(opened(alice, tenant))
    assert f'href="{url(tenant, "stock/eu/28new01/")}?shop=eu%2FFR"' in page
    assert "20old01/" not in page


def test_it_says_how_fresh_the_lists_are(
    tenant: Tenant, alice: Client, list_fr: StoredCatalogue
) -> None:
    page = opened(alice, tenant)
    assert "Nothing has changed yet" in page
    assert "read less than a minute ago" in page
    StoredCatalogue.objects.update(fetched_at=None, failures=3, last_error="secret of OVH's")
    page = opened(alice, tenant)
    assert "not read yet" in page
    assert "The last attempt failed" in page
    assert "secret" not in page


def test_ovhs_words_are_text(tenant: Tenant, alice: Client, list_fr: StoredCatalogue) -> None:
    one = change(list_fr, Kind.PROMOTION, promotion="<b>Spring")
    CatalogueChange.objects.filter(pk=one.pk).update(name="<script>alert(1)</script>")
    page = opened(alice, tenant)
    assert "<script>alert" not in page
    assert "&lt;b&gt;Spring" in page


def test_a_long_list_costs_as_many_queries_as_a_short_one(
    tenant: Tenant, alice: Client, list_fr: StoredCatalogue
) -> None:
    change(list_fr, renewal="12.00")
    opened(alice, tenant)
    with CaptureQueriesContext(connection) as few:
        opened(alice, tenant)
    for number in range(60):
        change(list_fr, plan_code=f"27x{number}", renewal="12.00")
    with CaptureQueriesContext(connection) as many:
        page = opened(alice, tenant)
    assert len(many) == len(few) <= 16
    assert len(rows(page)) == 25
    assert "1–25 of 61" in " ".join(page.split())


def test_what_a_promotion_moves_is_not_told_again_as_a_price_change(
    tenant: Tenant, alice: Client, list_fr: StoredCatalogue
) -> None:
    after = {
        "setup": "0.00",
        "first_period": "12.00",
        "renewal": "12.00",
        "promotion": "Spring",
    }
    change(list_fr, Kind.PROMOTION, **after)
    change(list_fr, Kind.PRICE, **after)
    price, promotion = rows(opened(alice, tenant))
    assert "price changed each month 12.00 EUR → 14.40 EUR" in price
    assert "“Spring”: set-up 12.00 EUR → 0.00 EUR" in promotion
    assert "set-up" not in price
    assert "each month" not in promotion
