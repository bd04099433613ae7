"""The pages of cloud accounts: linked and looked at in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Bot
from bots.testing import Someone
from emulators.huawei.world import INTL_DOMAIN, MONITOR
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account
from traffic_guard.services.accounts import halting
from traffic_guard.testing import make_account, make_package, make_server
from traffic_guard.tests.chatting import make_staff, texts_to
from traffic_guard.tests.linked import fresh, linked
from traffic_guard.tests.linking_pages import WHOLE, page, the_account, work
from traffic_guard.tests.pages import text_of, url

if TYPE_CHECKING:
    from django.test import Client

    from emulators.huawei import HuaweiEmulator

State = Account.State


# --- Linked


def test_two_keys_link_an_account_whose_servers_are_there_a_moment_later(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    response = alice.post(url(tenant, "accounts/new/"), WHOLE)
    account = the_account(tenant)
    assert response.headers["Location"] == page(tenant, account)
    shown = alice.get(page(tenant, account))
    assert "The keys are being tried." in text_of(shown)
    again = re.search(r'hx-get="([^"]+)"', shown.content.decode())
    assert again is not None
    assert alice.get(again[1]).status_code == 204
    assert huawei.calls() == []
    work()
    news = alice.get(again[1])
    assert (news.status_code, "hx-trigger" in news.content.decode()) == (200, False)
    text = text_of(alice.get(page(tenant, account)))
    assert "ready" in text
    assert "hk-web-1" in text
    assert "HA****0001" in text
    assert "IAM: find your regions iam:projects:listProjects allowed" in text
    assert "ECS: stop servers ecs:cloudServers:stop shows at the first time" in text


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"access_key": ""}, "This field is required."),
        ({"secret_key": "  "}, "This field is required."),
        ({"secret_key": "two words"}, "No key has such characters. Copy it again."),
        ({"access_key": "s" * 40, "secret_key": "A" * 20}, "the two are swapped"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_no_key_comes_back(
    alice: Client, tenant: Tenant, changed: dict[str, str], told: str
) -> None:
    given = {**WHOLE, **changed}
    response = alice.post(url(tenant, "accounts/new/"), given)
    assert response.status_code == 200
    assert told in text_of(response)
    shown = response.content.decode()
    assert given["access_key"] not in shown or not given["access_key"]
    assert given["secret_key"].strip() not in shown or not given["secret_key"].strip()
    with scope(tenant):
        assert not Account.objects.exists()


def test_the_steps_name_the_console_and_the_policy_of_what_was_chosen(
    alice: Client, tenant: Tenant
) -> None:
    shown = alice.get(url(tenant, "accounts/new/?site=cn&rights=guard")).content.decode()
    assert 'href="https://console.huaweicloud.com/iam/"' in shown
    assert "ecs:cloudServers:stop" in shown
    shown = alice.get(url(tenant, "accounts/new/?site=intl")).content.decode()
    assert 'href="https://console-intl.huaweicloud.com/iam/"' in shown
    assert "ecs:cloudServers:stop" not in shown
    assert "billing:resourcePackages:view" in shown
    # not of the regions of servers
    assert "This is about the account, not about the regions of its servers." in shown
    # what is no choice counts as the first
    assert alice.get(url(tenant, "accounts/new/?site=moon&provider=x")).status_code == 200


def test_a_cloud_is_chosen_only_where_there_are_several(
    alice: Client, tenant: Tenant, settings: object
) -> None:
    settings.TIDEWATER_API_URL = ""  # type: ignore[attr-defined]
    assert (
        'type="radio" name="provider"'
        not in alice.get(url(tenant, "accounts/new/")).content.decode()
    )
    settings.TIDEWATER_API_URL = "http://127.0.0.1:9/tidewater"  # type: ignore[attr-defined]
    shown = alice.get(url(tenant, "accounts/new/?provider=tidewater")).content.decode()
    assert 'type="radio" name="provider"' in shown
    # it has one site and no policies
    assert 'type="radio" name="site"' not in shown
    assert 'id="policy"' not in shown


def test_a_name_is_proposed_that_is_free(alice: Client, tenant: Tenant) -> None:
    make_account(tenant, name="Huawei Cloud")
    shown = alice.get(url(tenant, "accounts/new/")).content.decode()
    assert 'value="Huawei Cloud 2"' in shown


# --- Looked at


def test_a_missing_right_is_named_to_be_copied_and_a_check_takes_it_back(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    lacking = "ces:metricData:list"
    keys = huawei.add_keys(INTL_DOMAIN, [one for one in MONITOR if one != lacking])
    account = linked(tenant, keys, rights="monitor")
    shown = text_of(alice.get(page(tenant, account)))
    assert "something is missing" in shown
    assert "The keys may not: read live traffic Add this action to the policy" in shown
    assert f"{lacking} Copy" in shown
    huawei.set_actions(keys.access_key, MONITOR)
    assert "being tried" in text_of(alice.post(page(tenant, account, "check/"), follow=True))
    work()
    assert fresh(account).state == State.READY
    assert "The keys may do all that is needed." in text_of(alice.get(page(tenant, account)))


def test_the_wrong_site_is_changed_with_one_press(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    alice.post(url(tenant, "accounts/new/"), {**WHOLE, "site": "cn"})
    account = the_account(tenant)
    work()
    shown = alice.get(page(tenant, account)).content.decode()
    assert "Change the site to “International”" in shown
    form = shown[shown.rindex("<form", 0, shown.index("Change the site")) :]
    given = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', form.partition("</form>")[0]))
    del given["csrfmiddlewaretoken"]
    alice.post(page(tenant, account, "edit/"), given)
    work()
    row = fresh(account)
    assert (row.site, row.state, row.name) == ("intl", State.READY, "Main")


def test_an_empty_search_says_to_enable_the_recorder(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    keys = huawei.add_account()
    huawei.state.accounts[keys.domain_id].recorder_is_on = False
    account = linked(tenant, keys)
    shown = text_of(alice.get(page(tenant, account)))
    assert "Is its resource recorder on?" in shown
    assert "https://console-intl.huaweicloud.com/rms/" in shown
    huawei.state.accounts[keys.domain_id].recorder_is_on = True
    huawei.add_plan(keys.domain_id, name="found-now")
    alice.post(page(tenant, account, "rescan/"))
    assert "Servers are being searched." in text_of(alice.get(page(tenant, account)))
    work()
    assert "found-now" in text_of(alice.get(page(tenant, account)))


def test_both_policies_are_there_to_copy(alice: Client, tenant: Tenant) -> None:
    shown = alice.get(page(tenant, make_account(tenant))).content.decode()
    for name in ("policy-watch", "policy-guard"):
        assert f'id="{name}"' in shown
        assert f'data-copy-from="{name}"' in shown


def test_halted_stops_are_told_and_allowed_again(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant, halted_for="frozen")
    assert "Automatic stops rest" in text_of(alice.get(page(tenant, account)))
    alice.post(page(tenant, account, "release/"))
    assert fresh(account).halted_for == ""
    assert "Automatic stops rest" not in text_of(alice.get(page(tenant, account)))


def test_the_list_says_of_each_account_how_it_stands(alice: Client, tenant: Tenant) -> None:
    good = make_account(tenant, name="Good")
    make_server(good)
    make_account(
        tenant,
        name="Bad",
        access_key="TESTACCESSKEY0000002",
        state=State.BROKEN,
        findings=[{"code": "credential"}],
    )
    shown = text_of(alice.get(url(tenant, "accounts/")))
    assert "Good Huawei Cloud · Mainland China ready" in shown
    assert "TE****0001 1" in shown
    assert "refused by the cloud The cloud does not accept these keys" in shown


def test_the_list_and_a_page_cost_the_same_however_much_there_is(
    alice: Client, tenant: Tenant
) -> None:
    counts = []
    for numbers in (range(1), range(1, 12)):
        for number in numbers:
            account = make_account(
                tenant, name=f"n{number:02}", access_key=f"TESTACCESSKEY{number:07}"
            )
            for name in ("a", "b") if number else ("a",):
                make_package(make_server(account, name))
        with CaptureQueriesContext(connection) as seen:
            alice.get(url(tenant, "accounts/"))
            alice.get(page(tenant, account))
            alice.get(url(tenant, "packages/"))
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 27


def test_a_broken_account_is_told_to_admins_once_and_its_return_too(
    alice: Client, tenant: Tenant, bot: Bot, oscar: Someone, huawei: HuaweiEmulator
) -> None:
    admin = make_staff(bot, "admin")
    keys = huawei.add_keys(INTL_DOMAIN)
    account = linked(tenant, keys)
    user = huawei.state.users[keys.access_key]
    huawei.revoke(keys.access_key)

    def look() -> list[str]:
        with scope(tenant):
            Account.objects.update(check_at=timezone.now())
        work()
        return texts_to(bot, admin)

    told = [len(look()) for _ in range(halting.IN_A_ROW + 2)]
    assert told == [0, 0, 1, 1, 1]
    assert "The cloud does not accept these keys" in text_of(alice.get(page(tenant, account)))
    huawei.state.keep_user(user)
    look()
    assert len(look()) == 2
    assert texts_to(bot, oscar) == []
    assert not any(keys.access_key in text for text in texts_to(bot, admin))
