"""An account is linked in a real browser: the steps follow what is chosen, the page the workers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from emulators.huawei.world import DEMO
from tenants.models import Tenant
from tenants.testing import make_tenant, make_user
from traffic_guard.tasks import accounts as tasks
from traffic_guard.tests.pages import browser as logged_in
from traffic_guard.tests.pages import url

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator

pytestmark = pytest.mark.browser
PHONE = ViewportSize(width=360, height=740)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def tenant(transactional_db: None, huawei: HuaweiEmulator) -> Tenant:
    return make_tenant("Alice's", owner=make_user("alice@example.org"))


def opened(chromium: Browser, live_server: Any, tenant: Tenant) -> Page:
    session = logged_in("alice@example.org").cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(viewport=PHONE)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(live_server.url + url(tenant, "accounts/new/"))
    return page


def test_from_the_first_choice_to_the_list_of_servers(
    chromium: Browser, live_server: Any, tenant: Tenant
) -> None:
    page = opened(chromium, live_server, tenant)
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    policy = page.locator("#policy")
    expect(policy).not_to_contain_text("ecs:cloudServers:stop")
    page.locator("[name=site][value=intl]").check()
    expect(page.locator(".address").first).to_contain_text("console-intl.huaweicloud.com")
    page.locator("[name=name]").fill("Taipei")
    page.locator("[name=access_key]").fill(DEMO["intl"].access_key)
    page.locator("[name=secret_key]").fill(DEMO["intl"].secret_key)
    page.locator("[name=rights][value=guard]").check()
    # what was typed before stays
    expect(policy).to_contain_text("ecs:cloudServers:stop")
    expect(page.locator("[name=name]")).to_have_value("Taipei")
    assert _fits(page)
    page.get_by_role("button", name="Link the account").click()
    state = page.locator("#account-state")
    expect(state).to_contain_text("The keys are being tried.")
    tasks.check_due()
    tasks.discover_due()
    # the page asks by itself
    expect(state).to_contain_text("The keys may do all that is needed.")
    expect(state).to_contain_text("hk-web-1")
    assert _fits(page)
    assert complaints == []
    page.context.close()


def _fits(page: Page) -> bool:
    """Tell whether nothing is wider than the phone."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
