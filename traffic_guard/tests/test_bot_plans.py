"""The buttons under a planned stop: once each, by those who may, while it can still be changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Bot
from bots.testing import Reply, Someone, make_chat
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, Server
from traffic_guard.services.telling.buttons import Approve, Postpone, StopNowSure
from traffic_guard.testing import make_account
from traffic_guard.tests.chatting import key_like, keys_of, make_staff, sent_to
from traffic_guard.tests.planned import announced, fresh, low_server, make_plan, posts, shown


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Main")


@pytest.fixture
def plan(bot: Bot, oscar: Someone, account: Account) -> PlannedStop:
    """A stop in half an hour that everybody was told of."""
    return announced(low_server(account))[0]


def press(bot: Bot, someone: Someone, name: str, **where: Any) -> Reply:
    """Press the button of the standing message whose name holds a text."""
    return someone.presses(key_like(shown(bot, someone), name), **where)


def test_postponing_pressed_twice_puts_it_off_by_one_hour(
    bot: Bot, oscar: Someone, plan: PlannedStop, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    button = key_like(shown(bot, oscar), "Postpone")
    first, second = oscar.presses(button), oscar.presses(button)
    assert first.text.startswith("Put off: it stops at")
    assert second.text == first.text
    assert fresh(plan).execute_at == plan.execute_at + timedelta(hours=1)
    assert "(postponed)" in shown(bot, oscar).params["text"]
    # the message's new button is another one
    time_machine.shift(timedelta(minutes=1))
    press(bot, oscar, "Postpone")
    assert fresh(plan).postponed == 2
    with scope(bot.tenant):
        [event] = AuditEvent.objects.filter(action="traffic_stop.postponed")[:1]
    assert event.actor_name == "Operator"


def test_an_answer_whose_button_was_pressed_tells_how_the_stop_is_now(
    bot: Bot, oscar: Someone, plan: PlannedStop
) -> None:
    reply = oscar.says("/server web-1")
    asked = reply.call if reply.text else sent_to(bot, oscar)[-1]
    oscar.presses(key_like(asked, "Postpone"), message_id=77)
    assert fresh(plan).postponed == 1
    edited = [one.params for one in sent_to(bot, oscar) if one.params.get("message_id") == 77]
    assert "(postponed)" in edited[-1]["text"]
    assert key_like(edited[-1], "Postpone") != key_like(asked, "Postpone")


@pytest.mark.parametrize(
    ("name", "said", "state", "reason"),
    [
        ("Skip", "left alone until the reset", "cancelled", "skipped"),
        ("Protect", "web-1 is protected", "cancelled", "protected"),
    ],
)
def test_skipping_and_protecting_call_the_stop_off_for_everybody_who_reads_of_it(
    bot: Bot, oscar: Someone, account: Account, name: str, said: str, state: str, reason: str
) -> None:
    vera = make_staff(bot, "viewer")
    [plan] = announced(low_server(account))
    assert said in press(bot, oscar, name).text
    settled = fresh(plan)
    assert (settled.state, settled.settled_reason, settled.settled_by) == (
        state,
        reason,
        "Operator",
    )
    for someone in (oscar, vera):
        assert "is not stopped: cancelled by Operator" in shown(bot, someone).params["text"]
        assert keys_of(shown(bot, someone)) == {}
    assert "Already called off by Operator" in oscar.presses(Postpone(plan.public_id, 0)).text


def test_stopping_now_is_asked_once_more_and_names_what_it_keeps_costing(
    bot: Bot, oscar: Someone, plan: PlannedStop
) -> None:
    press(bot, oscar, "Stop now")
    question = sent_to(bot, oscar)[-1]
    assert "Stop web-1 now?" in question.params["text"]
    assert "a stop refunds nothing" in question.params["text"]
    assert not fresh(plan).is_hastened
    sure = key_like(question, "Stop now")
    for _press in range(2):
        oscar.presses(sure, message_id=77)
        assert "It is stopped now" in sent_to(bot, oscar)[-1].params["text"]
    assert fresh(plan).is_hastened
    assert "web-1 is stopped now" in shown(bot, oscar).params["text"]


def test_a_question_is_good_for_five_minutes_and_no_leaves_the_plan(
    bot: Bot, oscar: Someone, plan: PlannedStop
) -> None:
    old = int((timezone.now() - timedelta(seconds=1)).timestamp())
    assert "too long ago" in oscar.presses(StopNowSure(plan.public_id, old)).text
    press(bot, oscar, "Stop now")
    oscar.presses(key_like(sent_to(bot, oscar)[-1], "No"), message_id=78)
    assert "left as planned" in sent_to(bot, oscar)[-1].params["text"]
    assert fresh(plan).state == "waiting"
    assert not fresh(plan).is_hastened


def test_a_held_stop_waits_until_somebody_allows_it(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    [plan] = announced(low_server(account), state="held")
    assert "Nothing until you say so" in shown(bot, oscar).params["text"]
    press(bot, oscar, "Let it be stopped")
    assert fresh(plan).state == "waiting"
    assert fresh(plan).approved_by == "Operator"


def test_several_stops_of_a_run_share_a_message_and_are_put_off_together_once(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    plans = announced(*(low_server(account, f"web-{n}") for n in range(3)))
    [message] = posts(bot, oscar)
    assert "3 will be stopped" in message.params["text"]
    button = key_like(message, "Postpone all")
    assert "3 stops put off" in oscar.presses(button).text
    assert "Nothing is left to put off" in oscar.presses(button).text
    assert {fresh(one).postponed for one in plans} == {1}
    # one of them alone has its own buttons
    oscar.presses(key_like(shown(bot, oscar), "web-1"))
    assert "🛡 Protect" in keys_of(sent_to(bot, oscar)[-1])


def test_whoever_may_not_act_changes_nothing(
    bot: Bot, account: Account, plan: PlannedStop, stranger: Tenant
) -> None:
    group = make_chat(bot)
    vera = make_staff(bot, "viewer")
    button = Postpone(plan.public_id, 0)
    assert "Only for members with the role" in vera.presses(button, chat=group).text
    assert Someone(bot).presses(button).call is not None
    # another tenant's plan is simply not there
    theirs = make_plan(low_server(make_account(stranger, name="Theirs")), state="held")
    oscar = make_staff(bot, "operator")
    assert "not known here" in oscar.presses(Approve(theirs.public_id)).text
    assert (fresh(plan).postponed, fresh(theirs).state) == (0, "held")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "executed"}, "the stop was sent already"),
        ({"state": "dropped", "settled_reason": "above"}, "more is left again"),
        ({"state": "dry", "is_dry_run": True}, "It was a dry run"),
    ],
)
def test_a_button_that_is_too_late_says_why(
    bot: Bot, oscar: Someone, plan: PlannedStop, fields: dict[str, Any], said: str
) -> None:
    button = key_like(shown(bot, oscar), "Postpone")
    with scope(bot.tenant):
        PlannedStop.objects.filter(pk=plan.pk).update(**fields)
    assert said in oscar.presses(button).text
    with scope(bot.tenant):
        assert Server.objects.get().skipped_cycle_end is None
