"""Links in cards and mails: opening shows, the button acts once, nobody logs in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from bots.models import Bot, Channel, Notice
from bots.services import notices
from bots.testing import Someone
from emulators.feishu import DEMO_KEY, FeishuEmulator
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, Server
from traffic_guard.services.telling import links
from traffic_guard.services.telling.links import Deed
from traffic_guard.testing import make_account
from traffic_guard.tests.planned import announced, fresh, low_server, make_plan, shown


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Main")


@pytest.fixture
def plan(account: Account) -> PlannedStop:
    return make_plan(low_server(account))


def path_of(plan: PlannedStop, deed: Deed, language: str = "en") -> str:
    """Return the path of a link, as a message in a language holds it."""
    with translation.override(language):
        return links.url(plan, deed).removeprefix("https://botharbor.test")


def open_(path: str, client: Client | None = None) -> Any:
    return (client or Client()).get(path)


def press(path: str) -> str:
    """Press the button in a browser of nobody in particular; return the page that follows."""
    client = Client(enforce_csrf_checks=True)
    page = client.get(path)
    token = page.content.decode().partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = client.post(path, {"csrfmiddlewaretoken": token}, follow=True)
    return str(answer.content.decode())


def written(plan: PlannedStop) -> dict[str, Any]:
    """Return a plan's columns as they are stored."""
    with scope(plan.tenant_id):
        return dict(PlannedStop.objects.filter(pk=plan.pk).values().get())


@pytest.mark.parametrize(
    ("deed", "fields", "button"),
    [
        (Deed.POSTPONE, {}, "Postpone 1 h"),
        (Deed.SKIP, {}, "Skip this cycle"),
        (Deed.STOP_NOW, {}, "Stop now"),
        (Deed.PROTECT, {}, "Protect"),
        (Deed.APPROVE, {"state": "held"}, "Let it be stopped"),
    ],
)
def test_a_preview_does_nothing_and_the_button_acts_once(
    account: Account, deed: Deed, fields: dict[str, Any], button: str
) -> None:
    plan = make_plan(low_server(account), **fields)
    before = written(plan)
    path = path_of(plan, deed)
    for method in ("get", "head", "get"):
        page = getattr(Client(), method)(path)
        assert page.status_code == 200
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert page["Referrer-Policy"] == "same-origin"
        assert "no-store" in page["Cache-Control"]
    for part in (button, "web-1", "203.0.113.10", "8 GB of 1,000 GB"):
        assert part in page.content.decode()
    assert written(plan) == before
    assert "Done." in press(path)
    after = fresh(plan)
    assert {
        Deed.POSTPONE: after.postponed == 1,
        Deed.SKIP: after.settled_reason == "skipped",
        Deed.STOP_NOW: after.is_hastened,
        Deed.PROTECT: after.settled_reason == "protected",
        Deed.APPROVE: after.state == "waiting" and after.approved_by == "link in a message",
    }[deed]
    again = press(path)
    assert f"{button}</button>" not in again
    assert "Done." not in again
    assert fresh(plan).postponed == after.postponed
    with scope(account.tenant_id):
        assert set(AuditEvent.objects.values_list("actor_name", flat=True)) >= {"link in a message"}


def test_what_a_link_did_stands_in_the_chats(bot: Bot, oscar: Someone, account: Account) -> None:
    [plan] = announced(low_server(account))
    page = press(path_of(plan, Deed.SKIP))
    assert "web-1 is not stopped: cancelled by a link in a message" in page
    assert "cancelled by a link in a message" in shown(bot, oscar).params["text"]


def test_a_link_without_a_token_of_the_form_is_refused(plan: PlannedStop) -> None:
    path = path_of(plan, Deed.SKIP)
    answer = Client(enforce_csrf_checks=True).post(path)
    assert answer.status_code == 403
    assert fresh(plan).state == "waiting"


@pytest.mark.parametrize(
    ("language", "said"), [("zh-hans", 'lang="zh-hans"'), ("zh-hant", 'lang="zh-hant"')]
)
def test_the_page_speaks_the_language_of_the_link(
    plan: PlannedStop, language: str, said: str
) -> None:
    assert said in open_(path_of(plan, Deed.SKIP, language)).content.decode()


def test_old_changed_and_foreign_links_get_a_friendly_page_and_do_nothing(
    plan: PlannedStop, tenant: Tenant, time_machine: Any
) -> None:
    path = path_of(plan, Deed.SKIP)
    for wrong in (path[:-2] + "x/", "/traffic/act/nonsense/", path.replace("act/", "act/a")):
        page = open_(wrong)
        assert page.status_code == 404
        assert "This link does not work" in page.content.decode()
        assert Client().post(wrong).status_code == 404
    with scope(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(state="suspended")
    assert Client().post(path).status_code == 404
    with scope(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(state="active")
    time_machine.move_to(timezone.now() + timedelta(hours=49), tick=False)
    page = open_(path)
    assert page.status_code == 410
    assert "too old" in page.content.decode()
    assert Client().post(path).status_code == 410
    assert fresh(plan).state == "waiting"


def test_a_link_of_a_settled_stop_says_what_became_of_it(plan: PlannedStop) -> None:
    with scope(plan.tenant_id):
        PlannedStop.objects.filter(pk=plan.pk).update(state="executed")
    page = press(path_of(plan, Deed.POSTPONE))
    assert "the stop was sent already" in page
    assert fresh(plan).postponed == 0
    with scope(plan.tenant_id):
        assert not Server.objects.get().is_protected


def test_cards_hold_the_links_and_nobody_else_does(account: Account, tenant: Tenant) -> None:
    with scope(tenant):
        Channel.objects.create(
            tenant=tenant, kind="webhook", name="Ours", target="https://hooks.test/x"
        )
    [plan] = announced(low_server(account))
    with scope(tenant):
        [notice] = Notice.objects.all()
    [block] = notice.blocks
    labels = [label for label, _url in block["links"]]
    assert labels == ["Postpone 1 h", "Skip this cycle", "Stop now", "Protect", "Open"]
    press(block["links"][0][1].removeprefix("https://botharbor.test"))
    assert fresh(plan).postponed == 1
    assert "/act/" not in str([notice.data, notice.text, notice.title])
    with scope(tenant):
        assert "/act/" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_forty_planned_stops_are_few_cards_whose_buttons_work(
    account: Account, tenant: Tenant, feishu: FeishuEmulator
) -> None:
    with scope(tenant):
        Channel.objects.create(
            tenant=tenant,
            kind="feishu",
            name="Ops",
            target=f"https://open.feishu.cn/open-apis/bot/v2/hook/{DEMO_KEY}",
        )
    plans = announced(*(low_server(account, f"web-{n}", left=n + 1) for n in range(40)))
    now = timezone.now() + timedelta(seconds=10)
    while notices.deliver_due(now):
        pass
    cards = [message["body"]["card"] for message in feishu.messages(DEMO_KEY)]
    assert 1 <= len(cards) <= 4
    elements = [one for card in cards for one in card["elements"]]
    buttons = [key for one in elements if one["tag"] == "action" for key in one["actions"]]
    links_ = [key["url"] for key in buttons if key["text"]["content"] == "Postpone 1 h"]
    assert len(links_) == 40
    # the first of them as a person in the group reads it: server, address, left, threshold...
    said = str(cards[0])
    for part in (
        "web-0 will be stopped at",
        "203.0.113.10",
        "1 GB of 1,000 GB (0.1 %)",
        "50 GB (by default)",
        "runs out",
        "a stop refunds nothing",
    ):
        assert part in said
    press(links_[-1].removeprefix("https://botharbor.test"))
    assert sum(fresh(plan).postponed for plan in plans) == 1
