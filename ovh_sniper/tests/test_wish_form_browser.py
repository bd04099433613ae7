"""The form of a wish in a real browser: what it offers follows what is chosen, without a reload."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ovh_sniper.testing import fetch_catalogue, make_account
from ovh_sniper.tests.pages import browser as logged_in
from ovh_sniper.tests.pages import url
from ovh_sniper.tests.wishing import PLAN, all_of
from tenants.models import Tenant
from tenants.testing import make_tenant, make_user

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def tenant(transactional_db: None, ovh_emulator: OvhEmulator) -> Tenant:
    tenant = make_tenant("Alice's", owner=make_user("alice@example.org"))
    make_account(tenant)
    fetch_catalogue("eu")
    return tenant


def opened(chromium: Browser, live_server: Any, tenant: Tenant, **options: Any) -> Page:
    """Return the empty form as Alice sees it."""
    session = logged_in("alice@example.org").cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(**options)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(live_server.url + url(tenant, "wishes/new/"))
    return page


def test_it_follows_what_is_chosen(chromium: Browser, live_server: Any, tenant: Tenant) -> None:
    page = opened(chromium, live_server, tenant)
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # the search looks while one types
    page.locator("#id_q").press_sequentially("ryzen 5600")
    expect(page.locator("[name=plans]")).to_have_count(1)
    page.locator(f"[name=plans][value='{PLAN}']").check()
    # parts and datacenters of this plan come, and what it costs
    page.locator("[name=memory]").select_option("ram-128g-ecc-3200")
    page.locator("[name=storage]").select_option("softraid-2x500nvme")
    preview = page.locator("#wish-preview")
    expect(preview).to_contain_text("You would pay 40.78 EUR now")
    page.locator("[name=quantity]").fill("2")
    expect(preview).to_contain_text("81.56 EUR now")
    page.locator("[name=cap_due_now]").fill("40")
    expect(preview).to_contain_text("is below today’s 40.78 EUR")
    expect(page.locator("#price-today")).to_contain_text("40.78 EUR")
    # ticked datacenters are numbered as they come
    page.locator("[name=datacenters][value=rbx]").check()
    # (a preview on its way that the next page cuts off would write to the console)
    with page.expect_response(
        lambda answer: "rank-gra=2" in (answer.request.post_data or "")
    ) as last:
        page.locator("[name=datacenters][value=gra]").check()
    last.value.finished()
    expect(page.locator("[name=rank-gra]")).to_have_value("2")
    page.get_by_role("button", name="Make the wish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(PLAN)
    [wish] = all_of(tenant)
    assert (wish.memory, wish.datacenters, wish.quantity) == (
        "ram-128g-ecc-3200",
        ["rbx", "gra"],
        2,
    )
    assert complaints == []


def test_it_works_without_javascript_on_a_phone(
    chromium: Browser, live_server: Any, tenant: Tenant
) -> None:
    phone = {"width": 360, "height": 780}
    page = opened(chromium, live_server, tenant, java_script_enabled=False, viewport=phone)
    page.locator("#id_q").fill("ryzen 5600")
    page.locator("#id_q").press("Enter")
    expect(page.locator("[name=plans]")).to_have_count(1)
    page.locator(f"[name=plans][value='{PLAN}']").check()
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#wish-preview")).to_contain_text("Today one server costs")
    page.locator("[name=datacenters][value=sbg]").check()
    page.get_by_role("button", name="Make the wish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(PLAN)
    assert [wish.datacenters for wish in all_of(tenant)] == [["sbg"]]
