"""What an alert's message says in every case, in every language, within Telegram's limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.html import strip_tags

from bots.messages import keyboard_params, text_params, units
from bots.models import Bot
from ovh_sniper.models import Account, Alert, Configuration, Wish
from ovh_sniper.services.telling import alert_cards
from ovh_sniper.services.telling.recipients import Recipient, Role
from ovh_sniper.testing import make_account, make_wish
from ovh_sniper.tests.chatting import MAX_DATA, MAX_TEXT
from tenants.models import Tenant
from tenants.scoping import scope

NOW = timezone.now()
State = Alert.State
FQN = "27sk15.ram-64g-ecc-3200.softraid-2x500nvme"


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant)


@pytest.fixture
def opened(tenant: Tenant) -> Iterator[None]:
    with scope(tenant):
        yield


@pytest.fixture
def wish(account: Account) -> Wish:
    return make_wish(account, mode="alert", name="Mine")


def alert(wish: Wish, number: int = 0, **fields: Any) -> Alert:
    """Write an alert of a wish."""
    values = {
        "wish": wish,
        "interval_id": number,
        "fqn": FQN,
        "plan_code": "27sk15",
        "datacenter": "gra",
        "availability": "1H-low",
        "due_now": Decimal("31.18"),
        "renewal": Decimal("15.59"),
        "currency": "EUR",
        "stock_seen_at": NOW,
        **fields,
    }
    with scope(wish.tenant_id):
        return Alert.objects.create(tenant_id=wish.tenant_id, **values)


def text(*alerts: Alert) -> str:
    with scope(alerts[0].tenant_id):
        return strip_tags(alert_cards.text(alert_cards.card(alerts, at=NOW)))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "27sk15"),
        ({}, "🇫🇷 Gravelines, FR (gra): 1 hour, few left"),
        ({"datacenter": "eu-west-par-a"}, "🇫🇷 Paris, FR (eu-west-par-a)"),
        ({"datacenter": "xx-new-1"}, "xx-new-1: 1 hour"),
        ({"availability": "1H-high"}, "1 hour, plenty"),
        ({"availability": "72H"}, "72 hours"),
        ({}, "Now 31.18 EUR, then 15.59 EUR a month, tax included"),
        ({"renewal": None}, "Now 31.18 EUR, tax included"),
        ({"due_now": None, "renewal": None}, "Price unknown: OVH sells it on quotation"),
        ({"out_for": 30}, "was out for less than a minute"),
        ({"out_for": 7260}, "was out for 2 hours, 1 minute"),
        ({"out_for": 20 * 86400}, "was out for 2 weeks, 6 days"),
        (
            {"was_refused_at": NOW - timedelta(minutes=5)},
            "OVH showed this and refused it at checkout, 5 minutes before.",
        ),
        ({"state": State.ORDERED}, "✅ 🇫🇷 Gravelines, FR (gra): ordered"),
        (
            {"state": State.ENDED, "ended_at": NOW + timedelta(minutes=3)},
            "sold out after 3 minutes",
        ),
    ],
)
def test_what_a_line_says(wish: Wish, fields: dict[str, Any], said: str) -> None:
    assert said in text(alert(wish, **fields))


@pytest.mark.parametrize(
    ("states", "heading"),
    [
        ([State.OPEN], "🟢 In stock at OVH\n"),
        ([State.OPEN, State.OPEN], "🟢 In stock at OVH: 2 possibilities"),
        ([State.OPEN, State.ENDED], "🟢 In stock at OVH\n"),
        ([State.ORDERED, State.ENDED], "✅ Ordered"),
        ([State.ENDED, State.ENDED], "⚪ Sold out again"),
    ],
)
def test_the_heading(wish: Wish, states: list[str], heading: str) -> None:
    places = ["gra", "rbx"]
    found = [
        alert(wish, number, datacenter=place, state=state)
        for number, (place, state) in enumerate(zip(places, states, strict=False))
    ]
    assert text(*found).startswith(heading)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mode": "ask"}, "“Mine” asks first: a button below orders one."),
        ({"mode": "order"}, "“Mine” orders this by itself."),
        ({"cap_due_now": Decimal(30)}, "More than the limit of 30.00 EUR of “Mine”."),
        ({"cap_renewal": Decimal(15)}, "More than the limit of 15.00 EUR of “Mine”."),
    ],
)
def test_what_the_wish_has_to_say(account: Account, changes: dict[str, Any], said: str) -> None:
    wish = make_wish(account, **{"mode": "alert", "name": "Mine", **changes})
    assert said in text(alert(wish))
    assert said not in text(alert(wish, 2, state=State.ENDED, ended_at=NOW))


def test_a_wish_that_is_too_dear_or_over_does_not_promise_to_order(account: Account) -> None:
    dear = make_wish(account, name="Dear", cap_due_now=Decimal(1))
    over = make_wish(account, name="Over")
    with scope(account.tenant_id):
        Wish.objects.filter(pk=over.pk).update(state=Wish.State.DONE)
        over.refresh_from_db()
    assert "by itself" not in text(alert(dear))
    assert "by itself" not in text(alert(over))


def test_asking_has_a_button_for_each_datacenter(account: Account, opened: None) -> None:
    wish = make_wish(account, mode="ask")
    places = ["gra", "rbx", "bhs", "rbx-hz", "eu-west-par-a", "eu-west-par-b"]
    found = [alert(wish, number, datacenter=place) for number, place in enumerate(places)]
    keys = keyboard(found)
    assert len([key for key in keys if "Order now" in key["text"]]) == len(places)


def keyboard(alerts: list[Alert]) -> list[dict[str, str]]:
    """Return the buttons that many see."""
    shown = alert_cards.card(alerts, at=NOW)
    group = Recipient(Bot(), -1001, "en")
    markup = keyboard_params(alert_cards.keyboard(shown, group))["reply_markup"]
    return [key for row in markup["inline_keyboard"] for key in row]


@pytest.mark.parametrize("role", list(Role.values))
def test_buttons_are_those_of_the_role(wish: Wish, opened: None, role: str) -> None:
    shown = alert_cards.card([alert(wish)], at=NOW)
    rows = alert_cards.keyboard(shown, Recipient(Bot(), 1, "en", role))
    names = {str(key.text) for row in rows for key in row}
    assert ("🛒 Order now: 🇫🇷 gra" in names) is (role != "viewer")
    assert ("🔕 Mute 1 h" in names) is (role != "viewer")
    assert "Details" in names


def test_a_vps_is_only_watched(account: Account, opened: None) -> None:
    wish = make_wish(account, mode="alert")
    wish.track = Wish.Track.VPS
    wish.save()
    found = [alert(wish)]
    assert not [key for key in keyboard(found) if "Order now" in key["text"]]


# --- Limits


def worst(wish: Wish, number: int, place: str) -> Alert:
    """Return an alert with everything as long as it gets."""
    memory, storage = (
        f"ram-{number:04}g-ecc-on-die-5200",
        f"hybridsoftraid-4x18000sa-{number}x960nvme",
    )
    system = "softraid-2x500nvme-system"
    fqn = f"27risestor-v1-us.{memory}.{storage}.{system}"
    Configuration.objects.get_or_create(
        host="eu",
        fqn=fqn,
        defaults={
            "plan_code": "27risestor-v1-us",
            "memory": memory,
            "storage": storage,
            "system_storage": system,
            "first_seen": NOW,
            "last_seen": NOW,
        },
    )
    return alert(
        wish,
        number * 100 + len(place) + sum(map(ord, place)),
        fqn=fqn,
        plan_code="27risestor-v1-us",
        datacenter=place,
        availability="2160H",
        due_now=Decimal("123456.78"),
        renewal=Decimal("123456.78"),
        out_for=330 * 86400,
        was_refused_at=NOW - timedelta(hours=23, minutes=59),
    )


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
@pytest.mark.parametrize("state", [State.OPEN, State.ENDED, State.ORDERED])
def test_the_longest_alerts_are_cut_into_messages_that_fit(
    account: Account, opened: None, language: str, state: str
) -> None:
    wish = make_wish(account, name="W" * 80, mode="ask", cap_due_now=Decimal(1))
    places = [
        "eu-west-par-a",
        "eu-west-par-b",
        "us-west-hil-a",
        "ap-southeast-syd-a",
        "ca-east-tor-a",
    ]
    found = [worst(wish, number, place) for number in range(12) for place in places]
    Alert.objects.update(state=state, ended_at=NOW + timedelta(days=300))
    for one in found:
        one.refresh_from_db()
    parts = alert_cards.split(found)
    assert [one for part in parts for one in part] == found
    with translation.override(language):
        for part in parts:
            said = alert_cards.text(alert_cards.card(part, at=NOW))
            assert units(strip_tags(said)) <= MAX_TEXT
            # nothing was cut off by the last resort
            assert text_params(said, MAX_TEXT) == {"text": str(said), "parse_mode": "HTML"}
            for key in keyboard(part):
                assert len(key["callback_data"].encode()) <= MAX_DATA
    assert len(parts) < len(found) / 2


def test_names_of_wishes_and_parts_are_no_markup(account: Account) -> None:
    wish = make_wish(account, name="<b>&", mode="ask")
    with scope(account.tenant_id):
        said = alert_cards.text(alert_cards.card([alert(wish, fqn="<i>x")], at=NOW))
    assert "&lt;b&gt;&amp;" in said
    assert "&lt;i&gt;x" in said


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_other_languages_say_the_same(wish: Wish, language: str) -> None:
    with translation.override(language):
        said = text(alert(wish, out_for=7260, was_refused_at=NOW - timedelta(minutes=5)))
    for fact in ("27sk15", "(gra)", "31.18", "15.59"):
        assert fact in said


def test_a_card_made_in_one_language_is_said_in_another(account: Account, opened: None) -> None:
    shown = alert_cards.card([alert(make_wish(account, mode="ask", name="Mine"))])
    with translation.override("zh-hant"):
        said = alert_cards.text(shown)
    assert "asks first" not in said
    assert "「Mine」會先詢問" in said
