"""The overview and the list of servers in a real browser: looking, ticking, stopping, progress."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tenants.models import Tenant
from tenants.scoping import scope
from tenants.testing import make_tenant, make_user
from traffic_guard.models import PowerAction
from traffic_guard.testing import make_account
from traffic_guard.tests.fleet import make_known, make_plan
from traffic_guard.tests.pages import browser as logged_in
from traffic_guard.tests.pages import url

pytestmark = pytest.mark.browser
State = PowerAction.State


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    tenant = make_tenant("Alice's", owner=make_user("alice@example.org"))
    account = make_account(tenant)
    make_plan(make_known(account, "web-1", left=20, rate=1))
    make_known(account, "web-2", left=500)
    make_known(account, "web-3", left=900)
    return tenant


def opened(chromium: Browser, live_server: Any, tenant: Tenant, **options: Any) -> Page:
    """Return the overview as Alice sees it."""
    session = logged_in("alice@example.org").cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(**options)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(live_server.url + url(tenant))
    return page


def test_many_are_stopped_from_the_list(
    chromium: Browser, live_server: Any, tenant: Tenant
) -> None:
    page = opened(chromium, live_server, tenant)
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # a planned stop is put off where it is shown
    page.get_by_role("button", name="Postpone 1 hour").click()
    expect(page.get_by_text("postponed once")).to_be_visible()
    page.get_by_role("link", name="web-1").first.click()
    expect(page.locator("canvas[data-chart]")).to_be_visible()
    # all that match are ticked, and one is left out
    page.goto(live_server.url + url(tenant, "servers/"))
    page.locator("[data-tick-all]").check()
    expect(page.locator("[data-ticked]")).to_have_text("3 ticked")
    page.get_by_label("Tick web-3").uncheck()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stop these 2 servers?")
    page.get_by_role("main").get_by_role("button", name="Stop").click()
    expect(page.locator("#batch-live")).to_contain_text("0 of 2 settled")
    with scope(tenant):
        ended = {"state": State.DONE, "settled_at": timezone.now(), "due_at": None}
        assert PowerAction.objects.update(**ended) == 2
    # it asks again by itself, and stops asking once all is settled
    expect(page.locator("#batch-live")).to_contain_text("2 of 2 settled")
    assert page.locator("#batch-live").get_attribute("hx-get") is None
    assert complaints == []


def test_it_works_without_javascript_on_a_phone(
    chromium: Browser, live_server: Any, tenant: Tenant
) -> None:
    phone = {"width": 360, "height": 780}
    page = opened(chromium, live_server, tenant, java_script_enabled=False, viewport=phone)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Stop now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stop web-1 now?")
    page.get_by_role("button", name="Stop now").click()
    page.goto(live_server.url + url(tenant, "servers/"))
    page.get_by_label("Tick web-2").check()
    page.get_by_role("button", name="Reboot").click()
    page.get_by_role("main").get_by_role("button", name="Reboot").click()
    expect(page.locator("#batch-live")).to_contain_text("being rebooted")
