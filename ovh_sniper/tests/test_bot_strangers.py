"""Who may not: strangers, viewers, staff of other tenants and of other bots."""

from __future__ import annotations

import pytest

from bots.models import Bot, StaffLink
from bots.testing import Someone, delivered, make_chat, outgoing
from ovh_sniper.models import Account, ChatRequest
from ovh_sniper.services.telling.buttons import (
    Confirm,
    Drop,
)
from ovh_sniper.testing import orders_of
from ovh_sniper.tests.chatting import PLAN, make_ovh_bot, make_staff
from ovh_sniper.tests.pressing import COMMANDS, STAFF_ONLY, buttons, kept
from tenants.models import Tenant
from tenants.scoping import scope

# --- Strangers


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stranger_is_refused_every_command(bot: Bot, linked: Account, command: str) -> None:
    assert Someone(bot).says(command).text == STAFF_ONLY


def test_a_stranger_presses_every_button_in_vain(bot: Bot, world: dict[str, str]) -> None:
    before, said = kept(bot.tenant), len(outgoing(bot))
    mallory = Someone(bot)
    for data in buttons(world):
        assert mallory.presses(data).text == STAFF_ONLY, data
    assert kept(bot.tenant) == before
    assert len(outgoing(bot)) == said


@pytest.mark.parametrize("text", [PLAN, f"{PLAN} gra 2", "27sk51", "x1x1 hello"])
def test_a_strangers_order_is_text_like_any_other(bot: Bot, linked: Account, text: str) -> None:
    mallory = Someone(bot)
    plain = mallory.says("hello").text
    assert plain.startswith("Sorry, I did not understand that.")
    assert mallory.says(text).text == plain
    assert orders_of(bot.tenant) == []
    with scope(bot.tenant):
        assert ChatRequest.objects.count() == 0


def test_a_stranger_in_the_teams_group_is_refused(bot: Bot, world: dict[str, str]) -> None:
    chat, mallory = make_chat(bot), Someone(bot)
    before = kept(bot.tenant)
    for data in buttons(world):
        assert mallory.presses(data, chat=chat).text == STAFF_ONLY
    assert kept(bot.tenant) == before


def test_somebody_who_left_the_team_is_a_stranger(
    bot: Bot, oscar: Someone, world: dict[str, str]
) -> None:
    with scope(bot.tenant):
        StaffLink.objects.get(person__telegram_id=oscar.telegram_id).delete()
    before = kept(bot.tenant)
    for data in buttons(world):
        assert oscar.presses(data).text == STAFF_ONLY
    assert kept(bot.tenant) == before


# --- By role


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("viewer", {"oo", "om", "oc", "op", "oy", "on", "ow", "oz", "or"}),
        ("operator", {"op"}),
        ("admin", set()),
        ("owner", set()),
    ],
)
def test_each_role_reaches_what_is_its_own(
    bot: Bot, world: dict[str, str], role: str, refused: set[str]
) -> None:
    someone = make_staff(bot, role)
    before = kept(bot.tenant)
    told = {"Your role may watch", "Only owners and admins"}
    found = set()
    for data in buttons(world):
        said = someone.presses(data).text
        assert said != STAFF_ONLY
        if any(said.startswith(one) for one in told):
            found.add(data.partition(":")[0])
    assert found == refused
    if role == "viewer":
        assert kept(bot.tenant) == before


# --- Another tenant's


def test_another_tenants_staff_finds_nothing_of_it(
    bot: Bot, stranger: Tenant, world: dict[str, str]
) -> None:
    foreign = make_ovh_bot(stranger)
    charlie = make_staff(foreign, "owner")
    before = kept(bot.tenant)
    for data in buttons(world):
        said = charlie.presses(data).text
        assert world["order"] not in said
        if data.partition(":")[0] in {"oo", "oa", "oc", "op", "od", "oy", "on", "ow"}:
            assert "cannot find that any more" in said, data
    assert kept(bot.tenant) == before
    assert orders_of(stranger) == []
    for command in COMMANDS[:6]:
        delivered(foreign)
        said = charlie.says(command).text
        assert "OVH eu" not in said
        assert str(orders_of(bot.tenant)[0].ovh_order_id) not in said


def test_a_preview_of_another_bot_of_the_tenant_is_not_found(
    bot: Bot, world: dict[str, str]
) -> None:
    second = make_ovh_bot(bot.tenant)
    olga = make_staff(second, "operator")
    said = olga.presses(Confirm(world["request"], world["account"])).text
    assert "cannot find that any more" in said
    assert len(orders_of(bot.tenant)) == 1


def test_a_colleagues_preview_is_his_own(bot: Bot, world: dict[str, str]) -> None:
    olga = make_staff(bot, "operator")
    for button in (Confirm(world["request"], world["account"]), Drop(world["request"])):
        assert "Somebody else asked for this" in olga.presses(button).text
    assert len(orders_of(bot.tenant)) == 1
