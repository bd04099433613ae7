"""What people type wrongly into the forms of wishes: each has a clear answer that loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bots.testing import make_bot
from ovh_sniper.models import (
    Account,
)
from ovh_sniper.tests.pages import url
from ovh_sniper.tests.wishing import (
    NEW,
    NOWHERE,
    all_of,
    page_of,
    typed,
    vps,
)
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


class TestVps:
    def test_it_is_alerted_of(self, tenant: Tenant, alice: Client, db: None) -> None:
        data = vps("ca-ASIA", datacenters="bhs, SGP", system="Linux", name="Small one")
        assert alice.post(url(tenant, f"{NEW}?track=vps"), data).status_code == 302
        [wish] = all_of(tenant)
        assert (wish.track, wish.mode, wish.account) == ("vps", "alert", None)
        assert (wish.host, wish.subsidiary) == ("ca", "ASIA")
        assert wish.datacenters == ["bhs", "sgp"]
        assert wish.system_storage == "Linux"
        page = alice.get(url(tenant, f"wishes/{wish.public_id}/edit/")).content.decode()
        assert 'value="bhs sgp"' in page

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"plan_code": ""}, "This field is required."),
            ({"plan_code": "no code!"}, "not the form of a plan’s code"),
            ({"datacenters": "gra ../x"}, "not the form of a datacenter code"),
            ({"source": "eu-US"}, "Select a valid choice."),
            ({"system": "BeOS"}, "Select a valid choice."),
        ],
    )
    def test_what_will_not_do(
        self, tenant: Tenant, alice: Client, changes: dict[str, str], message: str
    ) -> None:
        page = page_of(alice, tenant, f"{NEW}?track=vps", vps(**changes))
        assert message in page
        assert all_of(tenant) == []


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no plan": ({"plans": None}, "Choose a plan."),
    "a code of 10,000 letters": ({"plans": ["x" * 10_000]}, "not the form of a plan’s code"),
    "a null character": ({"plans": ["27\x00sk15"]}, "not the form of a plan’s code"),
    "thousands of plans": ({"plans": [f"p{n}" for n in range(500)]}, "too many plans at once"),
    "a null character in the name": ({"name": "a\x00b"}, "Null characters are not allowed."),
    "a name of 10,000 letters": ({"name": "x" * 10_000}, "at most 80 characters"),
    "minus one server": ({"quantity": "-1"}, "greater than or equal to 1"),
    "no server": ({"quantity": "0"}, "greater than or equal to 1"),
    "a huge number": ({"quantity": "9" * 5000}, "Enter a whole number."),
    "too many": ({"quantity": "101"}, "less than or equal to 100"),
    "a negative price": ({"cap_due_now": "-1"}, "greater than or equal to 0"),
    "an endless price": ({"cap_due_now": "1e999"}, "no more than 12 digits"),
    "no number": ({"cap_renewal": "NaN"}, "Enter a number."),
    "a third of a cent": ({"cap_renewal": "1.001"}, "no more than 2 decimal places"),
    "infinity": ({"budget_day": "Infinity"}, "Enter a number."),
    "a long wait": ({"max_delivery_hours": "99999"}, "less than or equal to 8760"),
    "the year 9999": ({"expires_at": "9999-12-31T23:59"}, "This date is too far away."),
    "the year 1": ({"expires_at": "0001-01-01T00:00"}, "This date is too far away."),
    "the past": ({"expires_at": "2020-01-01T00:00"}, "This time is over."),
    "no date": ({"expires_at": "tomorrow"}, "Enter a valid date/time."),
    "no time": ({"hours_from": "25:00"}, "Enter a valid time."),
    "no day": ({"days": ["7"]}, "Select a valid choice."),
    "no mode": ({"mode": "steal"}, "Select a valid choice."),
    "a forged account": ({"source": "0" * 14}, "Select a valid choice."),
    "a forged shop": ({"source": "eu-US"}, "Select a valid choice."),
    "a forged bot": ({"bot": "0" * 14}, "Select a valid choice."),
}


class TestBadInput:
    @pytest.mark.parametrize("case", BAD)
    def test_it_says_what_is_wrong_and_loses_nothing(
        self, tenant: Tenant, unread: Account, alice: Client, case: str
    ) -> None:
        changes, message = BAD[case]
        data = typed(unread, budget_month="777.77", **changes)
        page = page_of(alice, tenant, NEW, data)
        assert message in page
        assert 'value="777.77"' in page
        assert all_of(tenant) == []
        # nor does a look at it fail
        assert alice.post(url(tenant, NEW), {**data, "look": "1"}).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"memory": "ram-1g"}, "Select a valid choice."),
            ({"extra__bandwidth": "x" * 10_000}, "Select a valid choice."),
            ({"datacenters": [NOWHERE]}, "not sold in one of these"),
            ({"datacenters": ["\x00", "x" * 10_000]}, "not sold in one of these"),
        ],
    )
    def test_what_the_plan_does_not_have(
        self,
        tenant: Tenant,
        linked: Account,
        alice: Client,
        changes: dict[str, Any],
        message: str,
    ) -> None:
        page = page_of(alice, tenant, NEW, typed(linked, plans=["27rise03"], **changes))
        assert message in page
        assert all_of(tenant) == []

    @pytest.mark.parametrize("ranks", [("x", "-1"), ("9" * 9999, "\x00"), ("", "0")])
    def test_numbers_that_are_none_are_no_order(
        self, tenant: Tenant, linked: Account, alice: Client, ranks: tuple[str, str]
    ) -> None:
        data = typed(linked, datacenters=["sbg", "gra"], rank__sbg=ranks[0], rank__gra=ranks[1])
        alice.post(url(tenant, NEW), data)
        assert all_of(tenant)[0].datacenters == ["sbg", "gra"]

    def test_another_tenants_bot(
        self, tenant: Tenant, stranger: Tenant, unread: Account, alice: Client
    ) -> None:
        foreign = make_bot(stranger, products=("ovh_sniper",))
        page = page_of(alice, tenant, NEW, typed(unread, bot=foreign.public_id))
        assert "Select a valid choice." in page

    def test_an_own_bot(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        bots = [make_bot(tenant, products=("ovh_sniper",)) for _ in range(2)]
        assert "Told by" in alice.get(url(tenant, NEW)).content.decode()
        alice.post(url(tenant, NEW), typed(unread, bot=bots[1].public_id))
        assert all_of(tenant)[0].bot_id == bots[1].pk

    @pytest.mark.parametrize("query", ["\x00", "x" * 10_000, "%", "'", "<script>"])
    def test_any_search(self, tenant: Tenant, unread: Account, alice: Client, query: str) -> None:
        page = page_of(alice, tenant, NEW, typed(unread, q=query, look="1"))
        assert "<script>" not in page.partition('id="id_q"')[2][:2000]

    @pytest.mark.parametrize(
        "query",
        ["plan=%00", "plan=" + "x" * 3000, "host=zz", "shop=a/b", "datacenter=%00", "account=%00"],
    )
    def test_any_link(self, tenant: Tenant, unread: Account, alice: Client, query: str) -> None:
        assert alice.get(url(tenant, f"{NEW}?{query}")).status_code == 200
