"""Wishes as a table that can be taken away, and read again."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import TESTER, make_wish
from ovh_sniper.tests.pages import url
from ovh_sniper.tests.wishing import make_alert
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


class TestExport:
    def rows(self, client: Client, tenant: Tenant, query: str = "") -> list[dict[str, str]]:
        response = client.get(url(tenant, f"wishes/export.csv{query}"))
        assert response["Content-Type"].startswith("text/csv")
        assert "attachment" in response["Content-Disposition"]
        return list(csv.DictReader(io.StringIO(response.content.decode())))

    def test_what_is_written_can_be_read_again(
        self, tenant: Tenant, unread: Account, alice: Client
    ) -> None:
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Taipei")
        later = (timezone.now() + timedelta(days=9)).replace(second=0, microsecond=0)
        wish = make_wish(
            unread,
            name="Build, “servers”",
            extras={"bandwidth": "b-1"},
            datacenters=["gra", "rbx"],
            quantity=2,
            cap_due_now=Decimal("40.50"),
            expires_at=later,
            mode="ask",
        )
        [row] = self.rows(alice, tenant)
        assert row["expires_at"].endswith("+08:00")
        text = alice.get(url(tenant, "wishes/export.csv")).content.decode()
        with scope(tenant):
            [again] = lifecycle.import_csv(text, actor=TESTER, now=timezone.now(), account=unread)
        for name in ("name", "extras", "datacenters", "quantity", "cap_due_now", "expires_at"):
            assert getattr(again, name) == getattr(wish, name)

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1"])
    def test_no_name_is_a_formula(self, tenant: Tenant, alice: Client, name: str) -> None:
        wish = make_alert(tenant, name=name)
        [row] = self.rows(alice, tenant)
        assert row["name"] == f"'{name}"
        text = alice.get(url(tenant, "wishes/export.csv")).content.decode()
        with scope(tenant):
            [again] = lifecycle.import_csv(
                text, actor=TESTER, now=timezone.now(), host="eu", subsidiary="FR"
            )
        assert again.name == wish.name

    def test_it_holds_what_the_list_shows(self, tenant: Tenant, alice: Client) -> None:
        make_alert(tenant, name="Alpha")
        make_alert(tenant, name="Beta")
        assert [row["name"] for row in self.rows(alice, tenant, "?q=bet")] == ["Beta"]
