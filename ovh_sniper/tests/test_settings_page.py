"""The product's settings: who sees and changes them, and what they do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Chat
from bots.services.listed_chats import MOST
from bots.testing import make_bot, make_chat, make_newer_chats
from ovh_sniper.models import Preferences
from ovh_sniper.tests.pages import member, url
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
PAGE = "settings/"


def typed(**changes: Any) -> dict[str, Any]:
    """What a browser sends of the form as it is at first."""
    data = {
        "interval": "5",
        "chat": "",
        "tells_staff": "on",
        "muted_until": "",
        "digest_hour": "",
        "confirm_above": "1",
        "confirm_amount": "",
        **changes,
    }
    return {name: value for name, value in data.items() if value is not None}


def kept(tenant: Tenant) -> Preferences | None:
    with scope(tenant, transaction=False):
        return Preferences.objects.first()


def shown(client: Client, tenant: Tenant) -> str:
    response = client.get(url(tenant, PAGE))
    assert response.status_code == 200
    return response.content.decode()


class TestWhoMay:
    def test_a_stranger_gets_404(self, tenant: Tenant, charlie: Client) -> None:
        assert charlie.get(url(tenant, PAGE)).status_code == 404
        assert charlie.post(url(tenant, PAGE), typed(interval="60")).status_code == 404

    def test_a_viewer_reads(self, tenant: Tenant) -> None:
        viewer = member(tenant, "viewer")
        page = shown(viewer, tenant)
        assert "Operators of this workspace can change these." in page
        assert viewer.post(url(tenant, PAGE), typed(interval="60")).status_code == 403
        # nor does his look write anything
        assert kept(tenant) is None

    def test_an_operator_changes(self, tenant: Tenant) -> None:
        operator = member(tenant, "operator")
        assert operator.post(url(tenant, PAGE), typed(interval="60")).status_code == 302
        found = kept(tenant)
        assert found is not None
        assert found.interval == 60

    def test_every_tenant_has_his_own(
        self, tenant: Tenant, stranger: Tenant, alice: Client, charlie: Client
    ) -> None:
        charlie.post(url(stranger, PAGE), typed(interval="300"))
        alice.post(url(tenant, PAGE), typed(interval="60"))
        mine, his = kept(tenant), kept(stranger)
        assert (mine and mine.interval, his and his.interval) == (60, 300)


class TestChanging:
    def test_all_of_them(self, tenant: Tenant, alice: Client) -> None:
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Taipei")
        chat = make_chat(make_bot(tenant, products=("ovh_sniper",)), title="Watchers")
        year = timezone.now().year + 1
        data = typed(
            interval="30",
            chat=str(chat.pk),
            tells_staff=None,
            muted_until=f"{year}-01-05T20:00",
            digest_hour="9",
            tells_catalogue="on",
            confirm_above="0",
            confirm_amount="99.90",
        )
        assert alice.post(url(tenant, PAGE), data).status_code == 302
        found = kept(tenant)
        assert found is not None
        assert (found.interval, found.chat_id, found.tells_staff) == (30, chat.pk, False)
        assert found.muted_until is not None
        assert found.muted_until.isoformat() == f"{year}-01-05T12:00:00+00:00"
        assert (found.digest_hour, found.tells_catalogue) == (9, True)
        assert (found.confirm_above, found.confirm_amount) == (0, Decimal("99.90"))
        page = shown(alice, tenant)
        for said in ('value="30"', f'value="{year}-01-05T20:00"', "Watchers", 'value="99.90"'):
            assert said in page
        assert "Nothing is said of stock in chats until" in page

    def test_what_changed_is_audited(self, tenant: Tenant, alice: Client) -> None:
        alice.post(url(tenant, PAGE), typed())
        alice.post(url(tenant, PAGE), typed(interval="60", digest_hour="0"))
        with scope(tenant, transaction=False):
            [event] = AuditEvent.objects.filter(action="ovh_settings.changed")
        assert event.detail == {"interval": [5, 60], "digest_hour": [None, 0]}

    def test_midnight_is_an_hour_for_the_digest(self, tenant: Tenant, alice: Client) -> None:
        alice.post(url(tenant, PAGE), typed(digest_hour="0"))
        found = kept(tenant)
        assert found is not None
        assert found.digest_hour == 0

    def test_what_a_worker_wrote_meanwhile_stays(self, tenant: Tenant, alice: Client) -> None:
        alice.post(url(tenant, PAGE), typed(digest_hour="9"))
        with scope(tenant):
            Preferences.objects.update(digest_sent_on="2026-01-01", catalogue_told=7)
        alice.post(url(tenant, PAGE), typed(digest_hour="10"))
        found = kept(tenant)
        assert found is not None
        assert (str(found.digest_sent_on), found.catalogue_told) == ("2026-01-01", 7)

    def test_the_operators_floor_is_named(
        self, tenant: Tenant, alice: Client, settings: Any
    ) -> None:
        settings.OVH_MIN_INTERVAL = 3.5
        assert "never more often than every 3.5 seconds" in shown(alice, tenant)

    def test_a_mute_that_is_over_is_not_told(self, tenant: Tenant, alice: Client) -> None:
        with scope(tenant):
            Preferences.objects.create(muted_until=timezone.now() - timedelta(hours=1))
        assert "Nothing is said of stock" not in shown(alice, tenant)

    def test_the_way_to_the_channels(self, tenant: Tenant, alice: Client) -> None:
        assert f"/t/{tenant.slug}/channels/" in shown(alice, tenant)


class TestChats:
    def test_only_those_that_can_be_written_to(self, tenant: Tenant, alice: Client) -> None:
        ours = make_bot(tenant, products=("ovh_sniper",))
        make_chat(ours, telegram_id=-1, title="Watchers")
        gone = make_chat(ours, telegram_id=-2, title="Left")
        make_chat(make_bot(tenant, products=("lottery",)), title="Raffles")
        with scope(tenant):
            Chat.objects.filter(pk=gone.pk).update(state=Chat.State.LEFT)
        page = shown(alice, tenant)
        assert "Watchers" in page
        assert "Left" not in page
        assert "Raffles" not in page

    def test_the_chosen_one_stays_a_choice_when_the_bot_left_it(
        self, tenant: Tenant, alice: Client
    ) -> None:
        chat = make_chat(make_bot(tenant, products=("ovh_sniper",)), title="Watchers")
        alice.post(url(tenant, PAGE), typed(chat=str(chat.pk)))
        with scope(tenant):
            Chat.objects.filter(pk=chat.pk).update(state=Chat.State.LEFT)
        assert "Watchers" in shown(alice, tenant)
        assert alice.post(url(tenant, PAGE), typed(chat=str(chat.pk))).status_code == 302

    def test_one_that_fell_out_of_the_list_meanwhile_is_taken(
        self, tenant: Tenant, alice: Client
    ) -> None:
        bot = make_bot(tenant, products=("ovh_sniper",))
        chat = make_chat(bot, title="Watchers")
        raffles = make_chat(make_bot(tenant, products=("lottery",)), title="Raffles")
        make_newer_chats(bot, MOST)
        refused = alice.post(url(tenant, PAGE), typed(chat=str(raffles.pk)))
        assert "Select a valid choice." in refused.content.decode()
        wrong = alice.post(url(tenant, PAGE), typed(chat=str(chat.pk), interval=""))
        assert f'<option value="{chat.pk}" selected>' in wrong.content.decode()
        assert alice.post(url(tenant, PAGE), typed(chat=str(chat.pk))).status_code == 302
        found = kept(tenant)
        assert found is not None
        assert found.chat_id == chat.pk

    def test_another_tenants_chat_is_no_choice(
        self, tenant: Tenant, stranger: Tenant, alice: Client
    ) -> None:
        foreign = make_chat(make_bot(stranger, products=("ovh_sniper",)))
        response = alice.post(url(tenant, PAGE), typed(chat=str(foreign.pk)))
        assert "Select a valid choice." in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"interval": "0"}, "greater than or equal to 1"),
        ({"interval": "-5"}, "greater than or equal to 1"),
        ({"interval": "9" * 5000}, "Enter a whole number."),
        ({"interval": "3601"}, "less than or equal to 3600"),
        ({"interval": ""}, "This field is required."),
        ({"confirm_above": "-1"}, "greater than or equal to 0"),
        ({"confirm_above": "101"}, "less than or equal to 100"),
        ({"confirm_amount": "1e999"}, "no more than 12 digits"),
        ({"confirm_amount": "-0.01"}, "greater than or equal to 0"),
        ({"digest_hour": "24"}, "Select a valid choice."),
        ({"digest_hour": "\x00"}, "Select a valid choice."),
        ({"muted_until": "9999-12-31T23:59"}, "This date is too far away."),
        ({"muted_until": "soon"}, "Enter a valid date/time."),
        ({"chat": "x" * 10_000}, "Select a valid choice."),
    ],
)
def test_what_will_not_do_is_said_and_the_rest_kept(
    tenant: Tenant, alice: Client, changes: dict[str, str], message: str
) -> None:
    response = alice.post(url(tenant, PAGE), {**typed(digest_hour="7"), **changes})
    page = response.content.decode()
    assert response.status_code == 200
    assert message in page
    if "digest_hour" not in changes:
        assert '<option value="7" selected>' in page
    assert kept(tenant) is None
