"""The daily digest: once a day at the tenant's hour, with what happened and what waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from django.utils.html import strip_tags

from bots.messages import units
from bots.models import Bot, Channel, Notice
from bots.testing import Someone, make_chat
from ovh_sniper.models import Account, Alert, Order, Preferences
from ovh_sniper.services.telling import digest_cards, digests
from ovh_sniper.tasks.digests import send_due
from ovh_sniper.testing import make_account, make_wish, orders_of, poll, run_orders
from ovh_sniper.tests.chatting import MAX_TEXT, make_ovh_bot, make_staff, texts_to
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

CHEAPEST = "27sk15.ram-64g-ecc-3200.softraid-2x500nvme"
TAIPEI = ZoneInfo("Asia/Taipei")


def at(hour: int, minute: int = 0, *, day: int = 10, zone: ZoneInfo = TAIPEI) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=zone)


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


@pytest.fixture
def vera(bot: Bot) -> Someone:
    """A viewer."""
    return make_staff(bot, "viewer")


def want(tenant: Tenant, **values: Any) -> None:
    with scope(tenant):
        Preferences.objects.update_or_create(
            tenant=tenant, defaults={"digest_hour": 9, "digest_sent_on": None, **values}
        )


def send(tenant: Tenant, now: datetime) -> bool:
    with scope(tenant):
        return digests.send(tenant.pk, now)


# --- When


@pytest.mark.parametrize(
    ("now", "is_due"),
    [
        (at(8, 59), False),
        (at(9), True),
        (at(9, 1), True),
        (at(14, 59), True),
        (at(15), False),  # too late for today, tomorrow's is near
        (at(23), False),
    ],
)
def test_it_is_due_from_its_hour_on_in_the_tenants_time_zone(
    tenant: Tenant,
    now: datetime,
    is_due: bool,  # noqa: FBT001
) -> None:
    want(tenant)
    assert (tenant.pk in digests.due(now)) is is_due
    assert send(tenant, now) is is_due


def test_late_in_the_evening_it_belongs_to_the_day_before(tenant: Tenant) -> None:
    want(tenant, digest_hour=23)
    assert send(tenant, at(1, day=11))
    with scope(tenant):
        assert Preferences.objects.get().digest_sent_on == at(1).date()
    assert not send(tenant, at(2, day=11))
    assert send(tenant, at(23, day=11))


def test_it_is_sent_once_a_day(tenant: Tenant, bot: Bot, vera: Someone) -> None:
    want(tenant)
    assert send(tenant, at(9))
    assert not send(tenant, at(9))
    assert not send(tenant, at(10))
    assert tenant.pk not in digests.due(at(10))
    assert send(tenant, at(9, day=11))
    assert len(texts_to(bot, vera)) == 2


@pytest.mark.parametrize("day", [27, 28, 29])
def test_when_the_clocks_change_it_is_still_sent_once_at_its_hour(tenant: Tenant, day: int) -> None:
    paris = ZoneInfo("Europe/Paris")  # on 28 March 2027 two o'clock becomes three
    with scope(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Europe/Paris")
    want(tenant, digest_hour=2)
    sent = [
        send(tenant, at(0, day=day, zone=paris).astimezone(UTC) + timedelta(hours=hour))
        for hour in range(7)
    ]
    assert sent.count(True) == 1


@pytest.mark.parametrize(
    "values", [{"digest_hour": None}, {"digest_sent_on": at(9).date()}, {"digest_hour": 10}]
)
def test_who_wants_none_or_has_it_gets_none(tenant: Tenant, values: dict[str, Any]) -> None:
    want(tenant, **values)
    assert digests.due(at(9)) == []
    assert not send(tenant, at(9))


def test_a_suspended_tenant_gets_none(tenant: Tenant) -> None:
    want(tenant)
    Tenant.objects.filter(pk=tenant.pk).update(state=Tenant.State.SUSPENDED)
    assert digests.due(at(9)) == []


def test_the_clock_sends_what_is_due_to_each_tenant_his_own(
    tenant: Tenant, stranger: Tenant, bot: Bot, vera: Someone
) -> None:
    foreign = make_ovh_bot(stranger)
    charlie = make_staff(foreign, "viewer")
    hour = timezone.now().astimezone(TAIPEI).hour
    want(tenant, digest_hour=hour)
    send_due()
    send_due()
    assert len(texts_to(bot, vera)) == 1
    assert texts_to(foreign, charlie) == []


# --- What


def test_nothing_to_say_is_one_short_line(tenant: Tenant, bot: Bot, vera: Someone) -> None:
    want(tenant)
    send(tenant, at(9))
    [said] = texts_to(bot, vera)
    assert strip_tags(said) == ("🗞 OVH in the last 24 hours: nothing came in, nothing was ordered.")


def test_it_tells_of_stock_orders_refusals_money_and_keys(
    tenant: Tenant, bot: Bot, vera: Someone, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    poll()
    make_wish(linked, datacenters=["gra"])
    make_wish(linked, datacenters=["rbx"], cap_due_now=Decimal(1))
    for place in ("gra", "rbx"):
        ovh_emulator.set_stock("eu", CHEAPEST, place, "1H-low")
    poll()
    run_orders()
    now = timezone.now() + timedelta(minutes=1)
    with scope(tenant):
        Account.objects.update(expires_at=now + timedelta(days=2))
    # the next full hour ends the day that is told of
    slot = (now.astimezone(TAIPEI) + timedelta(hours=1)).replace(minute=0, second=0)
    want(tenant, digest_hour=slot.hour)
    assert send(tenant, slot)
    said = strip_tags([text for text in texts_to(bot, vera) if "24 hours" in text][-1])
    for part in (
        "🟢 KS-15 27sk15: 2 times (🇫🇷 gra, 🇫🇷 rbx)",
        "✅ 27sk15 🇫🇷 gra: 31.18 EUR",
        "❌ 27sk15 🇫🇷 rbx: The price now is above the limit.",
        "💶 OVH eu: 31.18 EUR now, then 15.59 EUR a month",
        "31.18 EUR for 1 order, the first until",
        "🔑 OVH eu: ends in 1 day",
    ):
        assert part in said, part


def test_what_happened_before_or_after_the_day_is_another_digests(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    poll()
    make_wish(linked, datacenters=["gra"])
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()
    run_orders()
    assert len(orders_of(tenant)) == 1
    now = timezone.now()
    day = timedelta(days=1)
    with scope(tenant):
        during = digests.collect(now - day, now + day, now)
        before = digests.collect(now - 2 * day, now - day, now)
        after = digests.collect(now + day, now + 2 * day, now)
    assert len(during.seen) == len(during.ordered) == len(during.spend) == 1
    for other in (before, after):
        assert [*other.seen, *other.ordered, *other.refused, *other.spend] == []
        # what waits for somebody waits now
        assert len(other.debts) == 1


def test_stock_that_several_wishes_wait_for_counts_once(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    poll()
    for _wish in range(3):
        make_wish(linked, mode="alert")
    ovh_emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()
    now = timezone.now()
    with scope(tenant):
        assert Alert.objects.count() == 3
        [seen] = digests.collect(now - timedelta(days=1), now + timedelta(1), now).seen
    assert seen.times == 1


def test_it_goes_to_the_chosen_group_and_the_channels_too(tenant: Tenant, bot: Bot) -> None:
    chat = make_chat(bot)
    want(tenant, chat=chat, tells_staff=False)
    with scope(tenant):
        Channel.objects.create(kind=Channel.Kind.EMAIL, name="Post", target="ops@example.org")
    send(tenant, at(9))
    assert len(texts_to(bot, chat.telegram_id)) == 1
    with scope(tenant):
        assert Notice.objects.get().event == "ovh.digest"


def test_while_alerts_are_muted_the_digest_is_sent(tenant: Tenant, bot: Bot, vera: Someone) -> None:
    want(tenant, muted_until=at(23))
    send(tenant, at(9))
    assert len(texts_to(bot, vera)) == 1


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_fullest_day_fits_into_a_message(tenant: Tenant, language: str) -> None:
    accounts = [make_account(tenant, name=f"{n:02}" + "A" * 78) for n in range(9)]
    now = timezone.now()
    with scope(tenant), translation.override(language):
        Account.objects.update(expires_at=now + timedelta(days=3))
        for number, account in enumerate(accounts * 3):
            Order.objects.create(
                tenant_id=tenant.pk,
                account=account,
                source="chat",
                plan_code=f"27risestor-v1-{number:02}-us",
                fqn="x" * 200,
                datacenter="ap-southeast-syd-a",
                state="placed" if number % 2 else "refused",
                reason="" if number % 2 else "not_allowed",
                placed_at=now if number % 2 else None,
                checkout_at=now,
                ended_at=now,
                pay_until=now + timedelta(days=1),
                due_now=Decimal("123456.78"),
                renewal=Decimal("123456.78"),
                currency=f"C{number % 9:02}",
            )
        facts = digests.collect(now - timedelta(days=1), now + timedelta(days=1), now)
        said = digest_cards.text(facts)
    assert facts.ordered
    assert facts.refused
    assert units(strip_tags(said)) <= MAX_TEXT
