"""Wishes from a table: all lines or none, and each line's problems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ovh_sniper.models import Account, Wish
from ovh_sniper.services.wishes import csv_file
from ovh_sniper.testing import make_account
from ovh_sniper.tests.pages import member, url
from ovh_sniper.tests.wishing import PLAN, all_of
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
PAGE = "wishes/import/"


def sent(account: Account | str, text: str = "", **more: Any) -> dict[str, Any]:
    """What a browser sends of the form."""
    source = account if isinstance(account, str) else account.public_id
    return {"request_key": "press0000000003", "source": source, "text": text, **more}


def file(content: str | bytes, name: str = "wishes.csv") -> SimpleUploadedFile:
    data = content.encode() if isinstance(content, str) else content
    return SimpleUploadedFile(name, data, "text/csv")


def refused(client: Client, tenant: Tenant, data: dict[str, Any]) -> str:
    """Send a table that will not do, and return the page that says why."""
    response = client.post(url(tenant, PAGE), data)
    assert response.status_code == 200
    assert all_of(tenant) == []
    return response.content.decode()


class TestGood:
    def test_a_file(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        text = (
            "plan_code,name,datacenters,quantity,cap_due_now,mode,expires_at,extras\n"
            f"{PLAN},Build,gra rbx,2,40.50,order,2099-01-31T18:00+08:00,bandwidth=b-1\n"
            "\n"
            "24ska01,,,,,,,\n"
        )
        response = alice.post(url(tenant, PAGE), sent(unread, file=file(text)), follow=True)
        assert "2 wishes imported." in response.content.decode()
        first, second = all_of(tenant)
        assert (first.plan_code, first.name, first.datacenters) == (PLAN, "Build", ["gra", "rbx"])
        assert (first.quantity, first.cap_due_now) == (2, Decimal("40.50"))
        assert (first.mode, first.account) == ("order", unread)
        assert first.extras == {"bandwidth": "b-1"}
        assert first.expires_at is not None
        assert first.expires_at.isoformat() == "2099-01-31T10:00:00+00:00"
        assert (second.mode, second.quantity, second.state) == ("alert", 1, Wish.State.ARMED)

    def test_pasted_lines(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        alice.post(url(tenant, PAGE), sent(unread, f"plan_code\n{PLAN}\n24ska01"))
        assert [wish.plan_code for wish in all_of(tenant)] == [PLAN, "24ska01"]

    def test_a_spreadsheets_table(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        text = f"\ufeffPLAN_CODE; Name ;quantity\r\n{PLAN};'=Sum;3\r\n"
        alice.post(url(tenant, PAGE), sent(unread, file=file(text)))
        [wish] = all_of(tenant)
        assert (wish.name, wish.quantity) == ("=Sum", 3)

    def test_alerts_without_an_account(self, tenant: Tenant, alice: Client) -> None:
        text = f"plan_code,track\n{PLAN},\nvps-2027-model2,vps\n"
        alice.post(url(tenant, PAGE), sent("ca-ASIA", text))
        made = all_of(tenant)
        assert [(wish.host, wish.subsidiary) for wish in made] == [("ca", "ASIA")] * 2
        assert [wish.track for wish in made] == ["dedicated", "vps"]

    def test_the_sample_can_be_sent_as_it_is(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        sample = alice.get(url(tenant, "wishes/import/sample.csv"))
        assert "attachment" in sample["Content-Disposition"]
        alice.post(url(tenant, PAGE), sent(unread, file=file(sample.content)))
        assert len(all_of(tenant)) == 2

    def test_sent_twice_it_is_taken_once(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        for _ in range(2):
            alice.post(url(tenant, PAGE), sent(unread, f"plan_code,mode\n{PLAN},order"))
        assert len(all_of(tenant)) == 1

    def test_every_column_is_explained(self, tenant: Tenant, alice: Client) -> None:
        page = alice.get(url(tenant, PAGE)).content.decode()
        for name in csv_file.COLUMNS:
            assert f"<code>{name}</code>" in page


class TestBad:
    def test_each_line_says_what_is_wrong_and_nothing_is_made(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        text = (
            "plan_code,quantity,datacenters,cap_due_now\n"
            f"{PLAN},1,gra,40\n"
            f"{PLAN},many,gra,40\n"
            f"{PLAN},500,gra,-1\n"
            f"{PLAN},1,!!,40\n"
            f"{PLAN},1,gra,40,more\n"
            ",2,,\n"
        )
        page = refused(alice, tenant, sent(unread, text))
        for said in (
            "Line 3: quantity cannot be “many”.",
            "Line 4: quantity: Ensure this value is less than or equal to 100.",
            "Line 4: cap_due_now: An amount below zero.",
            "Line 5: datacenters: This is not the form of a datacenter code.",
            "Line 6: More fields than columns.",
            "Line 7: plan_code: This field cannot be blank.",
        ):
            assert said in page
        # what was pasted is still there
        assert "many,gra,40" in page

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("name\nx", "plan_code among them"),
            ("plan_code,colour\nx,red", "Unknown columns: colour."),
            ("plan_code\n", "There is no line below"),
            ("plan_code,mode\nx,steal", "mode cannot be “steal”."),
            ("plan_code,autopay\nx,maybe", "autopay cannot be “maybe”."),
            ("plan_code,extras\nx,bandwidth", "extras cannot be “bandwidth”."),
            ("plan_code,cap_due_now\nx,NaN", "cap_due_now cannot be “NaN”."),
            ("plan_code,cap_due_now\nx,Infinity", "cap_due_now cannot be “Infinity”."),
            ("plan_code,cap_due_now\nx,1e999", "no more than 12 digits"),
            ("plan_code,quantity\nx," + "9" * 5000, "quantity cannot be “999"),
            ("plan_code,quantity\nx," + "9" * 30, "less than or equal to 100"),
            ("plan_code,quantity\nx,-1", "greater than or equal to 1"),
            ("plan_code,max_delivery_hours\nx,-1", "greater than or equal to 0"),
            ("plan_code,expires_at\nx,2099-01-01T00:00", "expires_at cannot be"),
            ("plan_code,expires_at\nx,9999-12-31T23:59-12:00", "expires_at cannot be"),
            ("plan_code,expires_at\nx,0001-01-01T00:00+14:00", "expires_at cannot be"),
            ("plan_code,expires_at\nx,2020-01-01T00:00+00:00", "This time is over."),
            ("plan_code\n" + "x" * 10_000, "at most 80 characters"),
            ("plan_code\n" + "x\n" * 1001, "More than 1000 lines."),
            ('plan_code\n"' + "x" * 200_000, "This is no table."),
            ("plan_code\nx\x00y", "Null characters are not allowed."),
            ("", "Choose a file, or paste the lines."),
        ],
    )
    def test_tables_that_will_not_do(
        self, tenant: Tenant, unread: Account, alice: Client, text: str, message: str
    ) -> None:
        assert message in refused(alice, tenant, sent(unread, text))
        if text:
            assert message in refused(alice, tenant, sent(unread, file=file(text)))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"\xff\xfe\x00\x01", "not text in UTF-8"),
            (b"plan_code\n" + b"x" * 1024 * 1024, "The file is too large."),
            (b"", "The submitted file is empty."),
        ],
    )
    def test_files_that_will_not_do(
        self, tenant: Tenant, unread: Account, alice: Client, content: bytes, message: str
    ) -> None:
        assert message in refused(alice, tenant, sent(unread, file=file(content)))

    def test_one_table_at_a_time(self, tenant: Tenant, unread: Account, alice: Client) -> None:
        data = sent(unread, f"plan_code\n{PLAN}", file=file(f"plan_code\n{PLAN}"))
        assert "Give a file or lines, not both." in refused(alice, tenant, data)

    def test_to_order_takes_an_account(self, tenant: Tenant, alice: Client) -> None:
        page = refused(alice, tenant, sent("eu-FR", f"plan_code,mode\n{PLAN},order"))
        assert "Line 2: To order, choose an OVH account." in page

    def test_another_tenants_account(
        self, tenant: Tenant, stranger: Tenant, unread: Account, alice: Client
    ) -> None:
        foreign = make_account(stranger)
        page = refused(alice, tenant, sent(foreign, f"plan_code\n{PLAN}"))
        assert "Select a valid choice." in page

    def test_only_an_admin_lets_lines_pay_by_themselves(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        data = sent(unread, f"plan_code,mode,autopay\n{PLAN},order,yes")
        page = refused(member(tenant, "operator"), tenant, data)
        assert "Line 2: autopay: Only an admin may let a wish pay by itself." in page
        alice.post(url(tenant, PAGE), data)
        assert all_of(tenant)[0].autopay

    def test_many_problems_are_told_in_part(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        page = refused(alice, tenant, sent(unread, "plan_code,quantity\n" + "x,0\n" * 60))
        assert page.count("Line ") == 50
        assert "and 10 more problems" in page
