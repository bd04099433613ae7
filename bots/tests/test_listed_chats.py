"""Choosing among more groups than a page can show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot, Channel, Chat
from bots.services import listed_chats
from bots.testing import make_bot, make_newer_chats
from bots.tests.browsers import login
from tenants.models import Tenant
from tenants.scoping import scope

FORM = "/t/acme/channels/new/telegram/"
CUT = "Only the 300 groups and channels that changed last are listed."


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def alice(tenant: Tenant) -> Client:
    return login(tenant)


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant)


def fill(bot: Bot, count: int) -> list[Chat]:
    """Put a bot into groups, of which the first one changed last."""
    rows = [
        Chat(tenant=bot.tenant, bot=bot, telegram_id=-number, kind="group", title=f"G{number:04}")
        for number in range(1, count + 1)
    ]
    now = timezone.now()
    with scope(bot.tenant):
        Chat.objects.bulk_create(rows)
        for number, row in enumerate(rows):
            row.updated_at = now - timedelta(minutes=number)
        Chat.objects.bulk_update(rows, ["updated_at"])
    return rows


def test_a_form_lists_the_groups_that_changed_last_and_says_so(
    alice: Client, bot: Bot, django_assert_max_num_queries: Any
) -> None:
    fill(bot, listed_chats.MOST)
    page = alice.get(FORM).content.decode()
    assert "G0300" in page
    assert CUT not in page
    with scope(bot.tenant):
        Chat.objects.bulk_create(
            [Chat(tenant=bot.tenant, bot=bot, telegram_id=1, kind="group", title="Newcomer")]
        )
    with django_assert_max_num_queries(5):
        page = alice.get(FORM).content.decode()
    assert "Newcomer" in page
    assert "G0300" not in page
    assert CUT in page


def test_what_is_chosen_stays_a_choice_however_old_it_is(alice: Client, bot: Bot) -> None:
    *_others, oldest = fill(bot, listed_chats.MOST + 2)
    with scope(bot.tenant, transaction=False):
        found = listed_chats.listed([bot], stored=oldest.pk)
    assert len(found.chats) == listed_chats.MOST + 1
    assert found.chats[-1] == oldest
    with scope(bot.tenant, transaction=False):
        kept = [listed_chats.listed([bot], stored=odd) for odd in (None, "", "x", 10**6)]
    assert {len(one.chats) for one in kept} == {listed_chats.MOST}


@pytest.mark.parametrize("odd", ["9" * 5000, "9" * 19, "0{}", "fullwidth"])
def test_an_odd_key_lists_no_chat_twice(bot: Bot, odd: str) -> None:
    [chat] = fill(bot, 1)
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in str(chat.pk))
    key = wide if odd == "fullwidth" else odd.format(chat.pk)
    with scope(bot.tenant, transaction=False):
        assert listed_chats.listed([bot], stored=key, posted=key).chats == [chat]


def test_what_was_posted_is_a_choice_only_where_it_might_be_listed(
    tenant: Tenant, bot: Bot
) -> None:
    *_others, left, oldest = fill(bot, listed_chats.MOST + 2)
    [idle] = fill(make_bot(tenant), 1)
    [foreign] = fill(make_bot(Tenant.objects.create(slug="globex", name="Globex")), 1)
    with scope(tenant):
        Chat.objects.filter(pk=left.pk).update(state=Chat.State.LEFT)
    with scope(tenant, transaction=False):
        for chat, is_choice in ((oldest, True), (left, False), (idle, False), (foreign, False)):
            found = listed_chats.listed([bot], posted=str(chat.pk)).chats
            assert (chat in found) is is_choice
        # any state will do where all are listed
        assert left in listed_chats.listed([bot], posted=left.pk, only_active=False).chats
        both = listed_chats.listed([bot], stored=left.pk, posted=oldest.pk).chats
    assert {left, oldest} <= set(both)


def test_a_group_that_fell_out_of_the_list_meanwhile_is_taken(
    tenant: Tenant, alice: Client, bot: Bot
) -> None:
    *_others, chosen, left = fill(bot, 2)
    with scope(tenant):
        Chat.objects.filter(pk=left.pk).update(state=Chat.State.LEFT)
    make_newer_chats(bot, listed_chats.MOST)
    given = {"name": "Ops", "events": ["bot.broken"]}
    for chat_id in (left.telegram_id, "9" * 5000, "9" * 19, "x"):
        refused = alice.post(FORM, {**given, "target": f"{bot.public_id}:{chat_id}"})
        assert "Select a valid choice." in refused.content.decode()
    place = f"{bot.public_id}:{chosen.telegram_id}"
    # shown again beside what is wrong elsewhere
    again = alice.post(FORM, {**given, "name": "", "target": place}).content.decode()
    assert f'value="{place}"' in again
    assert alice.post(FORM, {**given, "target": place}).status_code == 302
    with scope(tenant, transaction=False):
        assert Channel.objects.get().target == str(chosen.telegram_id)


def test_a_channel_is_edited_whose_group_is_not_listed(alice: Client, bot: Bot) -> None:
    *_others, oldest = fill(bot, 3)
    given = {"name": "Ops", "events": ["bot.broken"]}
    place = f"{bot.public_id}:{oldest.telegram_id}"
    made = alice.post(FORM, {**given, "target": place})
    address = made.headers["Location"]
    make_newer_chats(bot, listed_chats.MOST)
    assert "G0003" in alice.get(address).content.decode()
    form = alice.get(f"{address}edit/").content.decode()
    assert f'value="{place}"' in form
    assert "G0002" not in form
    again = alice.post(f"{address}edit/", {**given, "name": "Night", "target": place})
    assert again.headers["Location"] == address
