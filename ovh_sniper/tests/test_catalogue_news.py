"""Tenants who want it are told once of what changes in the price lists that they use."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from bots.models import Bot, Channel, Notice, Person, StaffLink
from bots.testing import make_bot, make_chat, outgoing
from ovh_sniper.models import CatalogueChange, Preferences, StoredCatalogue, Wish
from ovh_sniper.services.telling import preferences, price_news
from ovh_sniper.tasks import catalogues as tasks
from ovh_sniper.testing import fetch_catalogue, make_account, make_wish
from tenants.models import Membership, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

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
def bot(tenant: Tenant) -> Bot:
    """The tenant's bot, whose owner is linked to a Telegram account."""
    bot = make_bot(tenant, products=("ovh_sniper",))
    with scope(tenant):
        person = Person.objects.create(
            tenant=tenant, bot=bot, telegram_id=4711, has_started=True, seen_at=timezone.now()
        )
        owner = Membership.objects.get(role="owner")
        StaffLink.objects.create(tenant=tenant, membership=owner, person=person)
    return bot


@pytest.fixture
def list_fr() -> StoredCatalogue:
    return make_list("FR")


def make_list(subsidiary: str) -> StoredCatalogue:
    return StoredCatalogue.objects.create(
        host="eu", subsidiary=subsidiary, currency="EUR", tax_rate=20, fetched_at=timezone.now()
    )


def ask_for_news(tenant: Tenant, **changes: object) -> None:
    """Switch it on, as of now."""
    with scope(tenant):
        mine = Preferences.objects.filter(pk=preferences.of(tenant.pk).pk)
        mine.update(tells_catalogue=True, **changes)
    price_news.tell(tenant.pk, soon())


def soon() -> datetime:
    """Return when changes of now have settled."""
    return timezone.now() + 2 * price_news.SETTLED


def change(
    catalogue: StoredCatalogue, kind: str = Kind.PRICE, plan_code: str = "27sk15", **after: str
) -> CatalogueChange:
    return CatalogueChange.objects.create(
        catalogue=catalogue,
        plan_code=plan_code,
        name="KS-15 | AMD Ryzen 5600",
        kind=kind,
        before={} if kind == Kind.NEW else FACTS,
        after={} if kind == Kind.GONE else {**FACTS, **after},
        noticed_at=timezone.now(),
    )


def said(bot: Bot) -> list[str]:
    return [str(one.params["text"]) for one in outgoing(bot)]


def test_staff_and_the_chosen_chat_hear_of_all_changes_in_one_message(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    group = make_chat(bot)
    ask_for_news(tenant, chat=group)
    change(list_fr, first_period="12.00", renewal="12.00")
    change(list_fr, Kind.NEW, "28new01")
    change(list_fr, Kind.GONE, "20old01")
    assert price_news.tell(tenant.pk, soon()) == 3
    assert {one.chat_id for one in outgoing(bot)} == {4711, group.telegram_id}
    text = said(bot)[0]
    assert text == said(bot)[1]
    assert "3 changes" in text
    # with tax, and new plans first
    assert "each month 12.00 EUR → 14.40 EUR" in text
    assert "first month" not in text
    assert text.index("28new01") < text.index("27sk15") < text.index("20old01")


def test_each_change_is_told_once(tenant: Tenant, bot: Bot, list_fr: StoredCatalogue) -> None:
    make_account(tenant)
    ask_for_news(tenant)
    change(list_fr, renewal="12.00")
    assert [price_news.tell(tenant.pk, soon()) for _time in range(3)] == [1, 0, 0]
    change(list_fr, renewal="13.00")
    assert price_news.tell(tenant.pk, soon()) == 1
    assert len(said(bot)) == 2
    assert "15.60 EUR" in said(bot)[1]


def test_who_switches_it_on_hears_of_later_changes_only(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    change(list_fr, renewal="12.00")
    ask_for_news(tenant)
    assert price_news.tell(tenant.pk, soon()) == 0
    with scope(tenant):
        Preferences.objects.update(tells_catalogue=False)
    assert price_news.due(soon(), 10) == [tenant.pk]
    price_news.tell(tenant.pk, soon())
    change(list_fr, renewal="13.00")
    ask_for_news(tenant)
    assert price_news.tell(tenant.pk, soon()) == 0
    assert said(bot) == []


def test_nobody_is_told_unless_he_wants_it(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    change(list_fr, renewal="12.00")
    assert price_news.due(soon(), 10) == []
    tasks.sweep_news()
    assert said(bot) == []


def test_only_lists_that_the_tenant_uses_are_news(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    account = make_account(tenant)
    wish = make_wish(account, mode="alert")
    with scope(tenant):
        Wish.objects.filter(pk=wish.pk).update(subsidiary="DE")
    ask_for_news(tenant)
    change(make_list("PL"), renewal="11.00")
    assert price_news.tell(tenant.pk, soon()) == 0
    change(make_list("DE"), renewal="12.00")
    change(list_fr, renewal="12.00")
    assert price_news.tell(tenant.pk, soon()) == 2
    (text,) = said(bot)
    assert "(DE)" in text
    assert "(FR)" in text
    assert "PL" not in text


def test_another_tenant_hears_of_his_own_only(
    tenant: Tenant, stranger: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    his = make_bot(stranger, products=("ovh_sniper",))
    for one in (tenant, stranger):
        ask_for_news(one)
    change(list_fr, renewal="12.00")
    assert set(price_news.due(soon(), 10)) == {tenant.pk, stranger.pk}
    assert [price_news.tell(one.pk, soon()) for one in (tenant, stranger)] == [1, 0]
    assert (len(said(bot)), len(said(his))) == (1, 0)
    assert price_news.due(soon(), 10) == []


def test_changes_wait_until_no_smaller_id_can_come(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    ask_for_news(tenant)
    change(list_fr, renewal="12.00")
    now = timezone.now()
    assert price_news.tell(tenant.pk, now) == 0
    # a list that took long to fetch is written behind it, with an older time
    late = change(list_fr, Kind.NEW, "28new01")
    CatalogueChange.objects.filter(pk=late.pk).update(noticed_at=now - timedelta(hours=1))
    assert price_news.tell(tenant.pk, now) == 0
    assert price_news.tell(tenant.pk, soon()) == 2


def test_channels_are_told_in_the_tenants_language_even_while_chats_are_mute(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    ask_for_news(tenant, muted_until=timezone.now() + timedelta(days=1))
    with scope(tenant):
        Channel.objects.create(tenant=tenant, kind="email", target="a@example.org", name="mail")
    change(list_fr, renewal="12.00")
    price_news.tell(tenant.pk, soon())
    assert said(bot) == []
    with scope(tenant):
        notice = Notice.objects.get()
    assert notice.event == "ovh.catalogue"
    assert notice.title == "OVH’s price list: 1 change: 27sk15"
    assert "<" not in notice.text
    assert notice.data["changes"][0]["after"]["renewal"] == "12.00"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (
            {"setup": "0.00", "promotion": "Spring"},
            "“Spring”: set-up 12.00 EUR → 0.00 EUR",
        ),
        (
            {
                "first_period": "5.00",
                "promotion": "Spring",
                "promotion_ends_at": "2027-03-02T09:00:00+00:00",
            },
            "“Spring” until March 2, 2027, 5 p.m. (Asia/Taipei): first month 12.00 EUR → 6.00 EUR",
        ),
    ],
)
def test_a_promotion_is_told_with_what_it_saves_and_until_when(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue, after: dict[str, str], words: str
) -> None:
    make_account(tenant)
    ask_for_news(tenant)
    change(list_fr, Kind.PROMOTION, **after)
    price_news.tell(tenant.pk, soon())
    assert words in said(bot)[0]


def test_a_name_from_ovh_is_text_and_never_markup(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    ask_for_news(tenant)
    CatalogueChange.objects.filter(pk=change(list_fr, Kind.NEW).pk).update(name="<b>&")
    price_news.tell(tenant.pk, soon())
    assert "&lt;b&gt;&amp;" in said(bot)[0]


def test_a_flood_of_changes_is_one_message_that_telegram_takes(
    tenant: Tenant, bot: Bot, list_fr: StoredCatalogue
) -> None:
    make_account(tenant)
    ask_for_news(tenant)
    for number in range(200):
        one = change(list_fr, Kind.PROMOTION, f"27sk{number:03}", promotion="P" * 120)
        CatalogueChange.objects.filter(pk=one.pk).update(name="N" * 200)
    price_news.tell(tenant.pk, soon())
    (text,) = said(bot)
    assert len(text) < 4096
    assert "… and 185 more" in text


# --- By the clock


def test_a_tick_fetches_what_is_wanted_and_tells_what_is_new(
    tenant: Tenant, bot: Bot, ovh_emulator: OvhEmulator
) -> None:
    make_account(tenant)
    tasks.sweep_catalogues()
    assert StoredCatalogue.objects.get().fetched_at is not None
    assert len(ovh_emulator.calls(path="/order/catalog*")) == 1
    tasks.sweep_catalogues()
    assert len(ovh_emulator.calls(path="/order/catalog*")) == 1
    ask_for_news(tenant)
    ovh_emulator.set_price("eu", "27sk15", month="14.99")
    fetch_catalogue()
    CatalogueChange.objects.update(noticed_at=timezone.now() - timedelta(hours=1))
    tasks.sweep_news()
    tasks.sweep_news()
    (text,) = said(bot)
    assert f"{Decimal('14.99') * Decimal('1.2'):.2f} EUR" in text


def test_one_list_that_cannot_be_fetched_stops_no_other(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    make_account(tenant, "ca")
    make_account(tenant, "us")
    ovh_emulator.fault("html", host="ca", path="/order/catalog*", times=0)
    tasks.sweep_catalogues()
    fetched = {one.host: one.fetched_at is not None for one in StoredCatalogue.objects.all()}
    assert fetched == {"ca": False, "us": True}
