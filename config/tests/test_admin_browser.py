"""The operators' admin in a real browser: the CSP refuses nothing, a phone is wide enough."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.tests import operators
from ovh_sniper.models import Account, Order
from tenants.scoping import unscoped
from traffic_guard.models import Server

pytestmark = [
    pytest.mark.browser,
]
PATHS = [
    "/operator/",
    "/operator/tenants/tenant/",
    "/operator/tenants/tenant/{tenant}/change/",
    "/operator/bots/bot/{bot}/change/",
    "/operator/bots/failedupdate/{failed}/change/",
    "/operator/bots/outboxmessage/?state__exact=failed",
    "/operator/lottery/lottery/{lottery}/change/",
    "/operator/ovh/",
    "/operator/traffic/",
    "/operator/traffic_guard/server/{server}/change/",
    "/operator/ovh_sniper/account/",
    "/operator/ovh_sniper/account/{account}/change/",
    "/operator/ovh_sniper/order/{order}/change/",
    "/operator/django_celery_beat/periodictask/",
    "/operator/auth/group/add/",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def cast(transactional_db: None) -> operators.Cast:
    return operators.make_cast("acme")


def row_of(model: Any) -> int:
    with unscoped("tests"):
        pk: int = model.objects.values_list("pk", flat=True).first()
    return pk


def open_as_operator(browser: Browser, url: str, **options: Any) -> tuple[Page, list[str]]:
    """Return a page of a logged-in operator, and where its complaints are collected."""
    client = operators.logged_in(operators.make_operator())
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(**options)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    page, complaints = context.new_page(), []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_pages_fit_and_the_csp_refuses_nothing(
    width: int, scheme: str, browser: Browser, live_server: Any, cast: operators.Cast
) -> None:
    page, complaints = open_as_operator(
        browser, live_server.url, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    keys = {
        "tenant": cast.tenant.pk,
        "bot": cast.bot.pk,
        "failed": cast.failed.pk,
        "lottery": cast.lottery.pk,
        "account": row_of(Account),
        "order": row_of(Order),
        "server": row_of(Server),
    }
    for path in PATHS:
        page.goto(live_server.url + path.format(**keys))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert complaints == []
    page.context.close()


def test_a_tenant_is_suspended_by_two_presses(
    browser: Browser, live_server: Any, cast: operators.Cast
) -> None:
    page, complaints = open_as_operator(browser, live_server.url)
    page.goto(f"{live_server.url}/operator/tenants/tenant/{cast.tenant.pk}/change/")
    page.get_by_role("link", name="Suspend").click()
    page.locator("#dialog button[type=submit]").click()
    expect(page.get_by_text("1 tenant is suspended.")).to_be_visible()
    expect(page.get_by_role("link", name="Reactivate")).to_be_visible()
    assert complaints == []
    page.context.close()
