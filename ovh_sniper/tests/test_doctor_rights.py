"""What the doctor says of rights that an account lacks at OVH, or has beyond need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ovh_sniper.models import Account
from ovh_sniper.tests.linked import RULES, least, link, look, said
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State


@pytest.mark.parametrize(
    ("rule", "function", "code", "can_order"),
    [
        ("GET /me", "quote", "missing", False),
        ("POST /order/cart/*", "order", "missing", False),
        ("GET /me/order/*", "follow", "missing", True),
        ("GET /me/payment/method", "payment", "missing", True),
    ],
)
def test_a_missing_rule_is_named_with_what_it_is_for(
    tenant: Tenant,
    ovh_emulator: OvhEmulator,
    rule: str,
    function: str,
    code: str,
    *,
    can_order: bool,
) -> None:
    rules = [one for one in RULES if f"{one['method']} {one['path']}" != rule]
    keys = ovh_emulator.add_account("eu", rules=rules)
    account = look(link(tenant, ovh_emulator, keys))
    found = [one for one in account.findings if one["code"] == code]
    assert function in [one["function"] for one in found]
    named = " ".join(item for one in found for item in one["items"])
    assert rule.removesuffix("/*") in named
    assert (account.state, account.can_order) == (State.LIMITED, can_order)


def test_rights_that_were_ticked_but_not_granted_are_missing(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator), rights=("pay", "withdraw")))
    found = {one["function"]: one["items"] for one in account.findings}
    assert found == {
        "pay": ["POST /me/order/*/pay"],
        "withdraw": ["POST /me/order/*/retraction"],
    }
    assert (account.state, account.can_order) == (State.LIMITED, True)


def test_a_key_that_may_do_more_than_needed_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, ovh_emulator.add_account("eu")))
    assert said(account, "beyond").items == ("POST /*", "PUT /*", "DELETE /*")


@pytest.mark.parametrize(
    ("actions", "function", "missing"),
    [
        (
            ["account:*", "order:apiovh:cart/get"],
            "quote",
            [
                "order:apiovh:cart/assign",
                "order:apiovh:cart/checkout/simulate",
                "order:apiovh:cart/delete",
            ],
        ),
        (["account:apiovh:me/*", "account:apiovh:me/order/*"], "quote", None),
        (
            ["order:*", "account:apiovh:me/get", "account:apiovh:me/payment/method/get"],
            "follow",
            [
                "account:apiovh:me/order/get",
                "account:apiovh:me/order/status/get",
                "account:apiovh:me/order/details/get",
                "account:apiovh:me/order/followUp/get",
            ],
        ),
        (["order:*", "account:apiovh:me/order/*"], "payment", None),
    ],
)
def test_all_iam_actions_that_are_missing_are_named_at_once(
    tenant: Tenant,
    ovh_emulator: OvhEmulator,
    actions: list[str],
    function: str,
    missing: list[str] | None,
) -> None:
    keys = ovh_emulator.add_service_account("eu", actions)
    account = look(link(tenant, ovh_emulator, keys))
    found = [one for one in account.findings if one["code"] == "missing"]
    named = next(one["items"] for one in found if one["function"] == function)
    assert missing is None or named == missing
    assert account.state == State.LIMITED


def test_the_action_to_order_with_is_named_as_its_region_names_it(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_service_account("us", ["*"])
    account = look(link(tenant, ovh_emulator, keys))
    assert said(account, "unsure").items == ("account:apiovh:order/cart/checkout/execute",)
