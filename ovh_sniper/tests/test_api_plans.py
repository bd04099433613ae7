"""Plans and price changes over the REST API; what no key and no method gets."""

from __future__ import annotations

import pytest
from django.utils import timezone

from ovh_sniper.models import Account, CatalogueChange, StoredCatalogue
from ovh_sniper.tests.programs import BASE, Program, code, fields
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant, "ovh:read")


# --- Plans


def test_plans_have_prices_with_tax_and_what_can_be_chosen(
    program: Program, linked: Account
) -> None:
    [plan] = program.get("plans/", subsidiary="FR", q="27sk15").json()["results"]
    assert plan["plan_code"] == "27sk15"
    assert float(plan["due_now"]) >= float(plan["setup"])
    assert (plan["currency"], plan["tax_rate"]) == ("EUR", "20.000")
    whole = program.get("plans/27sk15/", subsidiary="FR").json()
    assert {name: whole[name] for name in plan} == plan
    families = {family["name"]: family for family in whole["families"]}
    memory = families["memory"]
    assert memory["default"] in [addon["code"] for addon in memory["addons"]]
    assert all(addon["product"] for addon in memory["addons"])


def test_plans_of_another_subsidiary_are_its_own(program: Program, linked: Account) -> None:
    assert code(program.get("plans/nothing/", subsidiary="FR")) == (404, "not_found")
    assert "subsidiary" in fields(program.get("plans/"))
    assert "subsidiary" in fields(program.get("plans/27sk15/"))
    assert code(program.get("plans/27sk15/", subsidiary="GB")) == (409, "catalogue")


# --- Price changes


def test_changes_of_price_lists(program: Program) -> None:
    for number, subsidiary in enumerate(("FR", "DE")):
        CatalogueChange.objects.create(
            catalogue=StoredCatalogue.objects.create(host="eu", subsidiary=subsidiary),
            plan_code=f"27sk{number}",
            name="KS",
            kind="price",
            before={"renewal": "12.99", "promotion": ""},
            after={"renewal": "10.99", "promotion": ""},
            noticed_at=timezone.now(),
        )
    assert len(program.get("changes/").json()["results"]) == 2
    [shown] = program.get("changes/", subsidiary="DE", kind="price").json()["results"]
    assert (shown["plan_code"], shown["host"], shown["after"]["renewal"]) == (
        "27sk1",
        "eu",
        "10.99",
    )
    assert program.get("changes/", plan="27sk9").json()["results"] == []
    assert "kind" in fields(program.get("changes/", kind="odd"))


# --- What is refused


@pytest.mark.parametrize(
    "path", ["stock/", "plans/", "plans/27sk15/", "plans/27sk15/history/", "changes/"]
)
def test_a_key_without_the_scope_reads_nothing(tenant: Tenant, path: str) -> None:
    assert code(Program(tenant, "ovh:order", "bots:read").get(path)) == (403, "scope_missing")
    assert Program(tenant, "full").post(path).status_code == 405


PATHS = (
    *("accounts/", "alerts/", "changes/", "orders/", "orders/preview/", "orders/spend/", "plans/"),
    *("plans/27sk15/", "plans/27sk15/chances/", "queue/", "settings/", "stock/", "wishes/"),
    *("wishes/batch/", "wishes/import/", "wishes/nothing/pause/", "accounts/nothing/consent/"),
)


@pytest.mark.parametrize("method", ["options", "head", "put", "post", "patch", "delete"])
def test_no_method_is_an_error_of_ours(tenant: Tenant, method: str) -> None:
    call = getattr(Program(tenant, "full").client, method)
    statuses = {path: call(BASE + path, content_type="application/json") for path in PATHS}
    assert {path for path, answer in statuses.items() if answer.status_code >= 500} == set()
