"""Orders after the checkout: followed to delivery, counted down, reminded of."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bots.models import Bot, OutboxMessage, Person, StaffLink
from bots.testing import make_bot
from emulators.ovh.world import DEMO
from ovh_sniper.models import Order, OrderReminder
from ovh_sniper.services.ordering import paying
from ovh_sniper.tests.market import Market
from ovh_sniper.tests.stories import bought
from tenants.models import AuditEvent, Membership
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

PAY, RETRACT = "/me/order/*/pay", "/me/order/*/retraction"


@pytest.fixture
def bot(market: Market) -> Bot:
    """A bot that Alice is linked with."""
    found = make_bot(market.tenant, products=("ovh_sniper",))
    with scope(market.tenant):
        person = Person.objects.create(
            bot=found,
            tenant=market.tenant,
            telegram_id=77,
            has_started=True,
            seen_at=market.now,
        )
        StaffLink.objects.create(person=person, membership=Membership.objects.get())
    return found


def ovh_says(market: Market, status: str) -> None:
    market.emulator.set_order("eu", market.order.ovh_order_id or 0, status)


def said(bot: Bot) -> list[str]:
    """The first line of every message that was posted, not of edits."""
    with scope(bot.tenant_id, transaction=False):
        rows = OutboxMessage.objects.filter(bot=bot, method="sendMessage").order_by("pk")
        return [str(row.params["text"]).partition("\n")[0] for row in rows]


# --- How far it is


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("notPaid", "placed"),
        ("checking", "checking"),
        ("documentsRequested", "documents"),
        ("delivering", "delivering"),
        ("delivered", "delivered"),
        ("cancelled", "cancelled"),
        ("cancelling", "placed"),
    ],
)
def test_the_state_is_what_ovh_says(market: Market, status: str, state: str) -> None:
    order = bought(market)
    ovh_says(market, status)
    market.later(seconds=15)
    assert market.order.state == state
    is_over = state in ("delivered", "cancelled")
    assert (market.order.ended_at is not None) is is_over
    assert len(market.audited(f"ovh_order.{state}")) == 1
    assert market.order.placed_at == order.placed_at


def test_a_paid_order_is_followed_to_its_server(market: Market, bot: Bot) -> None:
    bought(market, autopay=True)
    states = [market.order.state]
    for _time in range(12):
        market.later(seconds=15)
        states.append(market.order.state)
    assert list(dict.fromkeys(states)) == ["placed", "checking", "delivering", "delivered"]
    assert market.order.service_name == market.books()[0]["servers"][0]["serviceName"]
    assert market.order.pay_until is None
    assert said(bot).count("<b>🎉 Delivered</b>") == 1
    # over: nobody asks again
    assert market.order.retry_at is None
    market.hush()
    market.later(days=1)
    assert market.calls(path="/me/*") == []


def test_the_name_of_a_server_may_come_later_than_the_server(market: Market) -> None:
    bought(market, autopay=True)
    ovh_says(market, "delivered")
    market.emulator.state.orders[market.order.ovh_order_id or 0].service_names = [""]
    market.later(seconds=30)
    assert (market.order.state, market.order.service_name) == ("delivered", "")
    market.emulator.state.orders[market.order.ovh_order_id or 0].service_names = ["ns1.example"]
    market.later(minutes=5)
    assert market.order.service_name == "ns1.example"


def test_that_ovh_wants_documents_is_told_once(market: Market, bot: Bot) -> None:
    market.emulator.set_account("eu", wants_documents=True)
    bought(market, autopay=True)
    for _time in range(3):
        market.later(minutes=1)
    assert market.order.state == "documents"
    ovh_says(market, "checking")
    market.later(seconds=30)
    ovh_says(market, "documentsRequested")
    market.later(seconds=30)
    wanted = [line for line in said(bot) if "documents" in line]
    assert len(wanted) == 1


def test_an_order_that_ovh_removed_is_over(market: Market, bot: Bot) -> None:
    bought(market)
    market.emulator.remove_order(market.order.ovh_order_id or 0)
    market.later(minutes=1)
    assert market.states == ["cancelled gone"]
    assert said(bot).count("<b>🚫 Order cancelled</b>") == 1


def test_it_is_looked_at_often_at_first_and_seldom_later(market: Market) -> None:
    bought(market, autopay=True)
    ovh_says(market, "delivering")
    market.emulator.state.orders[market.order.ovh_order_id or 0].course.pop()
    looks = []
    for minutes in (9, 60, 600):
        market.wait(minutes=minutes)
        market.run()
        looks.append((market.order.retry_at or market.now) - market.now)
    assert looks == [timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1)]


@pytest.mark.parametrize("kind", ["throttled", "html", "null", "drop"])
def test_trouble_while_it_is_followed_changes_nothing(market: Market, kind: str) -> None:
    bought(market, autopay=True)
    market.fault(kind, "GET", "/me/order/*/status")
    market.later(seconds=15)
    assert market.order.state == "placed"
    market.later(minutes=1)
    assert market.order.state == "delivering"


def test_without_good_keys_it_is_asked_seldom_and_still_reminded_of(
    market: Market, bot: Bot
) -> None:
    bought(market)
    market.later(minutes=1)
    market.emulator.expire(DEMO["eu"])
    market.hush()
    market.later(hours=1)
    assert len(market.calls(path="/me/*")) == 1
    for _hour in range(11):
        market.later(hours=1)
    assert len([line for line in said(bot) if line.startswith("<b>⏰")]) == 1


# --- Unpaid


def test_an_unpaid_order_is_counted_down_and_reminded_of_three_times(
    market: Market, bot: Bot
) -> None:
    bought(market)
    market.later(seconds=10)
    ends = market.order.pay_until
    assert ends is not None
    # OVH's own word, in whole seconds
    assert ends == (market.order.placed_at or ends).replace(microsecond=0) + timedelta(hours=24)
    heard: list[timedelta] = []
    while market.order.state == "placed":
        left = (market.order.retry_at or market.now) - market.now
        market.later(seconds=left.total_seconds())
        with market.inside():
            count = OrderReminder.objects.count()
        if count > len(heard):
            heard.append(ends - market.now)
    assert heard == [timedelta(minutes=minutes) for minutes in (720, 120, 30)]
    assert len([line for line in said(bot) if line.startswith("<b>⏰")]) == 3
    assert market.states == ["cancelled unpaid"]
    assert market.now - ends < timedelta(minutes=1)


def test_after_an_outage_only_the_latest_reminder_is_sent(market: Market, bot: Bot) -> None:
    bought(market)
    market.later(minutes=1)
    market.wait(hours=23)
    for _time in range(3):
        market.later(minutes=1)
    assert [line for line in said(bot) if line.startswith("<b>⏰")] == [
        "<b>⏰ Not paid yet: OVH cancels this order in 2 hours</b>"
    ]


def test_an_order_that_pays_itself_is_not_reminded_of_unless_ovh_says_it_is_unpaid(
    market: Market,
) -> None:
    bought(market, autopay=True)
    assert market.order.pay_until is None
    ovh_says(market, "notPaid")
    market.later(seconds=30)
    assert market.order.pay_until is not None


def test_a_price_that_ovh_booked_otherwise_is_noted(market: Market) -> None:
    order = bought(market)
    with market.inside():
        Order.objects.filter(pk=order.pk).update(due_now="30.00")
    market.later(seconds=30)
    market.later(minutes=1)
    (event,) = market.audited("ovh_order.price_differs")
    assert event.detail == {"quoted": "30.00", "booked": "31.18"}
    assert str(market.order.due_now) == "31.18"


@pytest.mark.parametrize("end", ["unpaid", "withdrawn"])
def test_a_server_that_somebody_let_go_is_not_ordered_again_by_itself(
    market: Market, end: str
) -> None:
    wish = market.wish(quantity=2, autopay=end == "withdrawn")
    market.appear(count=1)
    market.run()
    placed = market.orders[0]
    market.later(minutes=1)
    if end == "withdrawn":
        with scope(market.tenant):
            paying.retract(placed.pk, "expensive")
        market.later(minutes=2)
        market.later(minutes=2)
    else:
        market.wait(hours=24)
        market.later(minutes=1)
    assert market.fresh(placed).state == "cancelled"
    market.appear(count=9)
    market.later()
    # the second one that was wished, and no third
    assert len(market.books()) == 2
    assert market.fresh(wish).state == "done"
    # but somebody may want it again, and say so
    assert market.resume(wish) == 0
    assert market.resume(wish, anew=True) == 1
    market.run()
    assert len(market.books()) == 3


# --- Secrets


def test_the_address_with_its_password_is_in_no_log_audit_or_message(
    market: Market, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    bought(market)
    market.later(minutes=1)
    market.fault("html", "GET", "/me/order/*/status")
    market.later(minutes=1)
    with scope(market.tenant):
        paying.pay(market.order.pk)
    market.run()
    address = market.order.url
    password = address.partition("orderPassword=")[2]
    assert password
    with market.inside():
        audit = json.dumps(list(AuditEvent.objects.values_list("detail", "object_name")))
        told = json.dumps([row.params for row in OutboxMessage.objects.all()])
    for text in (caplog.text, audit, told):
        assert password not in text
        assert "orderPassword" not in text
    assert bot.pk
