"""Who is told of a product's news, in which language, and messages that are kept true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from django.core import mail
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bots.blocks import Block
from bots.messages import Press
from bots.models import Bot, Channel, Chat, Notice, OutboxMessage, Person, PostedMessage, StaffLink
from bots.services import notices, posts, recipients, staff
from bots.services.notice_blocks import GROUP_WAIT
from bots.services.recipients import Recipient, Role
from bots.testing import Someone, make_bot, make_chat, outgoing, products_for_test
from bots.tests.channels import add, rows
from bots.tests.pairs import guard, link
from bots.tests.toy import Poke
from tenants.models import Tenant, User
from tenants.scoping import ScopeError, scope

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Wishes:
    """What a product keeps of a tenant's wishes."""

    tells_staff: bool = True
    chat: Chat | None = None


@pytest.fixture(autouse=True)
def pair() -> Iterator[None]:
    with products_for_test(guard("alpha"), guard("beta")):
        yield


@pytest.fixture
def bot() -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=("alpha",))


def somebody(bot: Bot, role: str, language_code: str = "en") -> Someone:
    someone = Someone(bot, language_code=language_code)
    link(bot, someone, role)
    return someone


def ids(found: list[Recipient]) -> set[int]:
    return {one.chat_id for one in found}


def test_linked_members_with_the_role_are_told_in_their_language(bot: Bot) -> None:
    bob, wong = somebody(bot, "operator"), somebody(bot, "admin", language_code="zh-TW")
    vera = somebody(bot, "viewer")
    with scope(bot.tenant):
        found = recipients.told("alpha", Wishes(), Role.OPERATOR)
        assert ids(found) == {bob.telegram_id, wong.telegram_id}
        assert {one.language for one in found} == {"en", "zh-hant"}
        assert all(one.is_private and one.shows(Role.OPERATOR) for one in found)
        assert not next(o for o in found if o.language == "en").shows(Role.ADMIN)
        assert vera.telegram_id in ids(recipients.staff("alpha", Role.VIEWER))
        assert recipients.staff("beta", Role.VIEWER) == []


def test_who_left_or_closed_his_account_is_not_told(bot: Bot) -> None:
    gone, blocked = somebody(bot, "owner"), somebody(bot, "owner")
    User.objects.filter(email__startswith=str(gone.telegram_id)).update(is_active=False)
    with scope(bot.tenant):
        Person.objects.filter(telegram_id=blocked.telegram_id).update(blocked_at=timezone.now())
        assert recipients.staff("alpha", Role.VIEWER) == []
        [found] = staff.linked("alpha")
        assert (found.person.telegram_id, found.can_be_told) == (blocked.telegram_id, False)
        assert found.bot == bot
        assert staff.linked("beta") == []
        Bot.objects.update(state=Bot.State.DISABLED)
        assert staff.linked("alpha") == []


def test_an_account_linked_at_two_bots_is_told_once(bot: Bot) -> None:
    second = make_bot(bot.tenant, products=("alpha", "beta"))
    bob = somebody(bot, "operator")
    with_second = Someone(second, telegram_id=bob.telegram_id)
    with_second.says("/help")
    with scope(bot.tenant):
        person = Person.objects.get(bot=second)
        first = StaffLink.objects.get()
        StaffLink.objects.create(membership=first.membership, person=person)
        assert [one.bot for one in recipients.staff("alpha", Role.VIEWER)] == [bot]
        assert [o.bot for o in recipients.staff("alpha", Role.VIEWER, bot_id=second.pk)] == [second]
        assert [one.bot for one in recipients.staff("beta", Role.VIEWER)] == [second]


def test_the_chosen_chat_and_who_brought_it_about_are_told(bot: Bot) -> None:
    chat = make_chat(bot)
    bob, adam = somebody(bot, "operator"), somebody(bot, "admin")
    with scope(bot.tenant):
        wishes = Wishes(tells_staff=False, chat=chat)
        assert ids(recipients.told("alpha", wishes, Role.VIEWER)) == {chat.telegram_id}
        person = Person.objects.get(telegram_id=bob.telegram_id)
        found = recipients.told("alpha", wishes, Role.VIEWER, person=person)
        assert ids(found) == {chat.telegram_id, bob.telegram_id}
        group = recipients.of_chat("alpha", wishes, bot, chat.telegram_id)
        assert (group.role, group.shows(Role.OWNER)) == ("", True)
        assert recipients.of_chat("alpha", wishes, bot, adam.telegram_id).role == Role.VIEWER
        chat.state = Chat.State.LEFT
        assert recipients.told("alpha", wishes, Role.VIEWER) == []


def test_a_message_is_edited_only_where_it_stands(bot: Bot) -> None:
    bob = somebody(bot, "operator")
    here, there = Recipient(bot, bob.telegram_id, "zh-hans", "operator"), Recipient(bot, -5, "en")
    with scope(bot.tenant):
        posts.post([here], lambda _one: (_("January"), [[Press("x", Poke(1))]]), slot="toy:7")
        posts.edit([here, there], lambda _one: (_("Monday"), None), slot="toy:7")
        posts.edit([here], lambda _one: ("never", None), slot="toy:8")
        texts = [(one.chat_id, one.params["text"]) for one in outgoing(bot)]
        assert texts == [(bob.telegram_id, "一月"), (bob.telegram_id, "星期一")]
        # sent and kept under its slot, it can still be changed
        OutboxMessage.objects.all().delete()
        PostedMessage.objects.create(bot=bot, slot="toy:9:-5", chat_id=-5, message_id=3)
        posts.edit([here, there], lambda _one: (_("Monday"), None), slot="toy:9")
        assert [one.params["text"] for one in outgoing(bot)] == ["Monday"]


def test_a_notice_is_rendered_in_the_tenants_language(bot: Bot) -> None:
    add(bot.tenant, Channel.Kind.EMAIL, "a@example.com")
    bot.tenant.language = "zh-hans"
    bot.tenant.save()
    with translation.override("en"), scope(bot.tenant):
        for number in (1, 2):
            posts.notice(
                "bot.broken",
                lambda: (_("January"), ""),
                blocks=partial(day, number),
                colour="red",
                group="days",
                many=lambda: _("January") + " %(count)s",
                account="a",
            )
    notices.deliver_due(timezone.now() + GROUP_WAIT)
    [row] = rows(bot.tenant)
    assert (row.title, row.colour, row.data) == ("一月 2", "red", {"account": "a"})
    assert mail.outbox[0].body == "■ 星期一 1\n\n■ 星期一 2"
    assert row.state == Notice.State.SENT


def day(number: int) -> list[Block]:
    return [Block(f"{_('Monday')} {number}")]


def test_without_a_scope_nothing_is_told() -> None:
    with pytest.raises(ScopeError):
        posts.notice("bot.broken", lambda: ("t", "x"))
