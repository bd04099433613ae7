"""Many wishes made at once over the REST API: batches and files."""

from __future__ import annotations

from typing import Any

import pytest

from ovh_sniper.models import Account
from ovh_sniper.testing import make_account
from ovh_sniper.tests.programs import BASE, Program, code, fields
from ovh_sniper.tests.wishing import wishes_of
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant)


def test_an_import_that_spends_needs_the_scope_too(tenant: Tenant, account: Account) -> None:
    writer = Program(tenant, "ovh:write")
    ordering = send_csv(writer, "plan_code,mode\n27sk15,order\n", account=account.public_id)
    assert code(ordering) == (403, "scope_missing")
    paying = "plan_code,mode,autopay\n27sk15,ask,yes\n"
    assert send_csv(writer, paying, account=account.public_id).status_code == 400
    assert not wishes_of(tenant)


def test_a_batch_makes_all_or_none(program: Program, tenant: Tenant) -> None:
    terms: dict[str, Any] = {"host": "eu", "subsidiary": "FR", "datacenters": ["gra"]}
    response = program.post("wishes/batch/", terms | {"plan_codes": ["27sk15", "27sk20"]})
    assert response.status_code == 201
    made = response.json()["wishes"]
    assert [(one["plan_code"], one["datacenters"]) for one in made] == [
        ("27sk15", ["gra"]),
        ("27sk20", ["gra"]),
    ]
    bad: list[dict[str, Any]] = [
        {"plan_codes": []},
        {"plan_codes": ["x"] * 201},
        {"plan_codes": ["27sk15"], "plan_code": "27sk20"},
        {"plan_codes": ["27sk15", "a\x00"]},
    ]
    for changes in bad:
        assert program.post("wishes/batch/", terms | changes).status_code == 400
    assert len(wishes_of(tenant)) == 2


def send_csv(program: Program, text: str | bytes, **query: str) -> Any:
    path = f"{BASE}wishes/import/?" + "&".join(f"{name}={value}" for name, value in query.items())
    return program.client.post(path, text, content_type="text/csv")


def test_a_file_makes_a_wish_a_line(program: Program, account: Account) -> None:
    text = (
        "plan_code,mode,datacenters,quantity,cap_due_now\n"
        "27sk15,order,gra rbx,2,49.90\n"
        "27sk20,alert,,,\n"
    )
    response = send_csv(program, text, account=account.public_id)
    assert response.status_code == 201
    made = response.json()["wishes"]
    assert [(one["plan_code"], one["mode"], one["quantity"]) for one in made] == [
        ("27sk15", "order", 2),
        ("27sk20", "alert", 1),
    ]
    assert made[0]["datacenters"] == ["gra", "rbx"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mode\nalert\n",
        "plan_code,colour\n27sk15,red\n",
        "plan_code,quantity\n27sk15,1\n27sk20,many\n",
        "plan_code\n27sk15\na\x00b\n",
        'plan_code\n"' + "x" * 140_000 + '"\n',
    ],
)
def test_a_file_with_one_bad_line_makes_nothing(
    program: Program, tenant: Tenant, text: str
) -> None:
    response = send_csv(program, text, host="eu", subsidiary="FR")
    assert fields(response)["non_field_errors"]
    assert not wishes_of(tenant)


def test_a_file_that_is_no_text_or_too_large_is_refused(program: Program, tenant: Tenant) -> None:
    where = {"host": "eu", "subsidiary": "FR"}
    assert code(send_csv(program, b"plan_code\n\xff\xfe\n", **where)) == (400, "parse_error")
    large = b"plan_code\n" + b"27sk15\n" * 160_000
    assert code(send_csv(program, large, **where)) == (400, "parse_error")
    assert code(program.post("wishes/import/", {})) == (415, "unsupported_media_type")
    assert not wishes_of(tenant)
