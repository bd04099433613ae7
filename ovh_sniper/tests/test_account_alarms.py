"""Admins hear once that an account broke, that it works again, and that its key ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from bots.models import Bot, Channel, Notice, Person, StaffLink
from bots.testing import make_bot, make_chat, outgoing
from emulators.ovh.world import Keys
from ovh_sniper.gateways.accounts import ORDER_RULES
from ovh_sniper.models import Account, Preferences, Wish
from ovh_sniper.services.accounts import linking
from ovh_sniper.services.telling import preferences
from ovh_sniper.services.wording import words
from ovh_sniper.testing import TESTER, make_account, make_wish
from ovh_sniper.tests.buyer import now as time_of
from ovh_sniper.tests.linked import fresh, link, look, parts_of
from tenants.models import Membership, Tenant
from tenants.scoping import scope
from tenants.testing import make_member

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

RULES = [{"method": rule.method, "path": rule.path} for rule in ORDER_RULES]


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    """A bot at which Alice, Ada (admin) and Otto (operator) are linked, and a channel for all."""
    bot = make_bot(tenant, products=("ovh_sniper",))
    make_member(tenant, "admin", email="ada@example.org")
    make_member(tenant, "operator", email="otto@example.org")
    with scope(tenant):
        for number, membership in enumerate(Membership.objects.order_by("user__email")):
            person = Person.objects.create(
                tenant=tenant,
                bot=bot,
                telegram_id=1000 + number,
                first_name=membership.user.email,
                has_started=True,
                seen_at=timezone.now(),
            )
            StaffLink.objects.create(tenant=tenant, membership=membership, person=person)
        Channel.objects.create(
            tenant=tenant, kind=Channel.Kind.WEBHOOK, name="All", target="https://example.org/"
        )
    return bot


ADA, ALICE, OTTO = 1000, 1001, 1002


def heard(bot: Bot) -> list[tuple[int | None, str]]:
    """Return who was written to, and the first line."""
    return [
        (message.chat_id, str(message.params["text"]).partition("\n")[0])
        for message in outgoing(bot)
    ]


def notices(tenant: Tenant) -> list[Notice]:
    with scope(tenant, transaction=False):
        return list(Notice.objects.filter(event="ovh.account").order_by("pk"))


@pytest.fixture
def keys(ovh_emulator: OvhEmulator) -> Keys:
    return ovh_emulator.add_account("eu", rules=RULES)


@pytest.fixture
def account(tenant: Tenant, ovh_emulator: OvhEmulator, keys: Keys) -> Account:
    """An account that works."""
    return look(link(tenant, ovh_emulator, keys))


def ends_in(emulator: OvhEmulator, keys: Keys, **left: int) -> datetime:
    """Let the key end some time from now."""
    credential = emulator.state.credentials[keys.host, keys.consumer_key]
    credential.expiration = emulator.clock.time() + timedelta(**left).total_seconds()
    return time_of(emulator).replace(microsecond=0) + timedelta(**left)


# --- It broke, it works again


def test_admins_hear_once_that_an_account_broke(
    bot: Bot, tenant: Tenant, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    ovh_emulator.expire(keys)
    look(look(look(account)))
    title = "<b>⛔ OVH account “Main” can no longer order</b>"
    assert sorted(heard(bot)) == [(ADA, title), (ALICE, title)]
    (notice,) = notices(tenant)
    assert notice.title == "⛔ OVH account “Main” can no longer order"
    assert "Ask for a new consumer key" in notice.text
    assert notice.data == {"account": account.public_id}


def test_the_message_names_the_missing_rule(
    bot: Bot, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    credential = ovh_emulator.state.credentials["eu", keys.consumer_key]
    credential.rules = [one for one in RULES if one["method"] != "POST"]
    look(account)
    assert "• <code>POST /order/cart/*/checkout</code>" in str(outgoing(bot)[0].params["text"])


def test_they_hear_once_that_it_works_again_and_that_wishes_stay_stopped(
    bot: Bot, tenant: Tenant, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    wish = make_wish(account)
    credential = ovh_emulator.state.credentials["eu", keys.consumer_key]
    credential.allowed_ips = ["203.0.113.7/32"]
    account = look(account)
    with scope(tenant):
        Wish.objects.filter(pk=wish.pk).update(state=Wish.State.STOPPED)
    credential.allowed_ips = None
    look(look(account))
    told = [message for message in outgoing(bot) if message.chat_id == ADA]
    assert len(told) == 2
    text = str(told[1].params["text"])
    assert text.startswith("<b>✅ OVH account “Main” works again</b>")
    assert "1 of its wishes was stopped" in text
    with scope(tenant):
        assert Wish.objects.get(pk=wish.pk).state == Wish.State.STOPPED


def test_keys_that_never_worked_are_no_news(
    bot: Bot, tenant: Tenant, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    account = look(link(tenant, ovh_emulator, keys, application_secret="wrong"))
    with scope(tenant):
        linking.change(fresh(account), keys=parts_of(keys), actor=TESTER, now=time_of(ovh_emulator))
    assert look(account).can_order
    assert heard(bot) == []


def test_an_ovh_that_is_away_is_no_news(
    bot: Bot, account: Account, ovh_emulator: OvhEmulator
) -> None:
    ovh_emulator.fault("html", times=0)
    look(look(account))
    assert heard(bot) == []


# --- The key ends


def test_the_end_of_a_key_is_told_seven_days_and_one_day_before(
    bot: Bot, tenant: Tenant, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    ends = ends_in(ovh_emulator, keys, days=30)
    account = look(account)
    said = []
    # the doctor's own time-table, up to the last hour
    while account.retry_at is not None and account.retry_at < ends:
        at = account.retry_at
        before = len(heard(bot))
        account = look(account)
        said += [(ends - at, text) for who, text in heard(bot)[before:] if who == ADA]
    assert said == [
        (timedelta(days=7), "<b>⏳ The key of OVH account “Main” ends within 7 days</b>"),
        (timedelta(days=1), "<b>⏳ The key of OVH account “Main” ends within 1 day</b>"),
    ]
    assert len(notices(tenant)) == 2


def test_a_key_with_less_than_a_day_left_is_told_of_once(
    bot: Bot, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    ends_in(ovh_emulator, keys, hours=5)
    now = time_of(ovh_emulator)
    with scope(account.tenant_id):
        for _turn in range(3):
            linking.check(fresh(account), actor=TESTER, now=now)
    look(account)
    assert [text for who, text in heard(bot) if who == ADA] == [
        "<b>⏳ The key of OVH account “Main” ends within 1 day</b>"
    ]


def test_a_renewed_key_is_warned_of_anew(
    bot: Bot, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    for days in (5, 30, 6):
        ends_in(ovh_emulator, keys, days=days)
        with scope(account.tenant_id):
            linking.check(fresh(account), actor=TESTER, now=time_of(ovh_emulator))
        look(account)
    assert len([who for who, _text in heard(bot) if who == ADA]) == 2


# --- Where it is told


def test_the_chosen_group_hears_it_too(
    bot: Bot, tenant: Tenant, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    group = make_chat(bot)
    with scope(tenant):
        settings = preferences.of(tenant.pk)
        Preferences.objects.filter(pk=settings.pk).update(chat=group, tells_staff=False)
    ovh_emulator.expire(keys)
    look(account)
    assert [who for who, _text in heard(bot)] == [group.telegram_id]


def test_each_reads_it_in_his_own_language(
    bot: Bot, tenant: Tenant, account: Account, ovh_emulator: OvhEmulator, keys: Keys
) -> None:
    with scope(tenant):
        Person.objects.filter(telegram_id=ADA).update(language="zh-hans")
    when = ends_in(ovh_emulator, keys, days=3)
    look(account)
    texts = {message.chat_id: str(message.params["text"]) for message in outgoing(bot)}
    zone = ZoneInfo(tenant.time_zone)
    for who, language in ((ALICE, "en"), (ADA, "zh-hans")):
        with translation.override(language):
            assert words.moment(when, zone) in texts[who]
    assert words.moment(when, zone) not in texts[ADA]


def test_another_tenants_staff_hears_nothing(
    bot: Bot, stranger: Tenant, ovh_emulator: OvhEmulator, keys: Keys, account: Account
) -> None:
    theirs: Any = make_account(stranger, retry_at=time_of(ovh_emulator), **parts_of(keys))
    ovh_emulator.expire(keys)
    assert look(theirs).state == Account.State.BROKEN
    assert heard(bot) == []
