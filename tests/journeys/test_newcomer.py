"""A person who has never seen the project, in a browser, from the front page to the winner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from emulators.telegram.world import SECOND_SPARE_TOKEN, SPARE_TOKEN
from tests.journeys.stack import PASSWORD, Stack, running

pytestmark = [pytest.mark.browser, pytest.mark.journey]
PATIENCE = 20_000  # ms that a page may take on a very busy machine
SECONDS = 25  # until the draw
PHONE = {"width": 360, "height": 740}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product as `make run` starts it."""
    with running(tmp_path_factory.mktemp("newcomer")) as stack:
        yield stack


@contextmanager
def visitor(browser: Browser, **options: Any) -> Iterator[Page]:
    """Open a browser of somebody new; no page may write an error to the console."""
    expect.set_options(timeout=PATIENCE)
    context: BrowserContext = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    problems = list[str]()
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    yield context.new_page()
    context.close()
    assert problems == []


def test_from_the_front_page_to_the_winner(stack: Stack, chromium: Browser) -> None:
    with visitor(chromium, locale="en-US", timezone_id="Asia/Taipei") as page:
        sign_up(page, stack, "tea@example.com")
        tenant = create_workspace(page, "Tea house")
        bot = connect(page, SPARE_TOKEN)
        giveaway = publish(page, tenant, "Teapot raffle")
        join_twice(page)
        told = bubbles(page, "Congratulations! You won Golden teapot")
        expect(told).to_have_count(1, timeout=SECONDS * 1000 + PATIENCE)
        page.goto(giveaway)
        expect(page.get_by_role("heading", name="The result", exact=True)).to_be_visible()
        row = page.get_by_role("row").filter(has_text="Golden teapot")
        expect(row).to_contain_text("Alice Carter")

        log_out(page)
        sign_up(page, stack, "games@example.com")
        other = create_workspace(page, "Game club")
        expect(page.locator("body")).not_to_contain_text("Tea house")
        check_token(page, SPARE_TOKEN)
        expect(page.locator(".errors")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("Tea house")
        connect(page, SECOND_SPARE_TOKEN)
        for part in ("", "bots/", "giveaways/", "giveaways/new/", "audit/"):
            page.goto(f"{other}{part}")
            text = page.locator("body").inner_text()
            assert not re.search(r"Tea house|Teapot|Spare Bot|tea@example", text), text
        for address in (tenant, f"{tenant}bots/", bot, giveaway, f"{giveaway}status/"):
            # not in a page: the browser would write the 404 to its console
            assert page.request.get(address).status == 404, address
        mine = page.request.get(giveaway.replace(tenant, other))
        assert mine.status == 404


def test_the_demo_can_be_tried_at_once(stack: Stack, chromium: Browser) -> None:
    with visitor(chromium, locale="en-US") as page:
        log_in_to_demo(page, stack)
        page.get_by_role("navigation").get_by_role("link", name="Bots").click()
        page.get_by_role("link", name="Harbor Demo Bot").first.click()
        expect(page.locator(".page-header")).to_contain_text("online")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Try it").click()
        chat = opened.value
        chat.get_by_test_id("start").click()
        expect(bubbles(chat, "Harbor")).not_to_have_count(0)
        say(chat, "/lotteries")
        running_now = bubbles(chat, "Running giveaways")
        expect(running_now).to_contain_text("Welcome raffle")
        key(running_now, "Join").first.click()
        expect(chat.get_by_test_id("toast")).to_contain_text("You are in")
        expect(running_now).to_contain_text("✅")


def test_a_phone_in_chinese(stack: Stack, chromium: Browser) -> None:
    with visitor(chromium, locale="zh-CN", viewport=PHONE) as page:
        for path in ("/", "/accounts/signup/", "/accounts/login/", "/demo/mail/"):
            page.goto(f"{stack.url}{path}")
            looks_right(page)
        log_in_to_demo(page, stack)
        page.goto(f"{stack.url}/t/demo/giveaways/")
        giveaway = page.locator("main a.title").first.get_attribute("href")
        page.goto(f"{stack.url}/t/demo/bots/")
        bot = page.locator("main a[href^='/t/demo/bots/']:not([href$='connect/'])").first
        links = [giveaway, bot.get_attribute("href"), "/t/demo/giveaways/new/"]
        menu = page.locator("#menu nav a[href^='/t/demo/'], #menu a[href='/accounts/']")
        links += [link.get_attribute("href") for link in menu.all()]
        assert len(links) > 8
        for link in dict.fromkeys(links):
            page.goto(f"{stack.url}{link}")
            looks_right(page)


def looks_right(page: Page) -> None:
    """Assert that a page is in Chinese and fits on the phone."""
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{page.url} is {width} px wide"
    title = page.title()
    is_a_name = title.startswith("@")
    assert is_a_name or CHINESE.search(title), f"{page.url} is titled {title!r}"


# --- Steps


def sign_up(page: Page, stack: Stack, email: str) -> None:
    """Make an account and confirm its address with the mail of the demo's mailbox."""
    page.goto(stack.url)
    page.get_by_role("link", name="Sign up").first.click()
    page.locator("#id_email").fill(email)
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_password2").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name="Open the mailbox of the demo").click()
    mail = page.locator("article").first
    expect(mail).to_contain_text(email)
    mail.locator(".mail-body a").first.click()
    page.get_by_role("button", name="Yes, this is mine").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Name your workspace")


def create_workspace(page: Page, name: str) -> str:
    """Create a tenant; return its address."""
    page.locator("#id_name").fill(name)
    page.get_by_role("button", name="Create workspace").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return page.url


def check_token(page: Page, token: str) -> None:
    """Paste a token, from the first page of a tenant without a bot."""
    page.get_by_role("link", name="Connect your first bot").click()
    page.locator("#id_token").fill(token)
    page.get_by_role("button", name="Check the token").click()


def connect(page: Page, token: str) -> str:
    """Connect a bot and switch giveaways on; return its page's address."""
    if page.get_by_role("link", name="Connect your first bot").is_visible():
        check_token(page, token)
    else:
        page.locator("#id_token").fill(token)
        page.get_by_role("button", name="Check the token").click()
    expect(page.get_by_text("Token is valid")).to_be_visible()
    page.locator("input[name=products][value=lottery]").check()
    page.get_by_role("button", name="Bring it online").click()
    expect(page.locator(".page-header")).to_contain_text("online")
    return page.url


def publish(page: Page, tenant: str, title: str) -> str:
    """Create a giveaway that is drawn soon, in the tenant's own time zone; return its address."""
    page.get_by_role("navigation").get_by_role("link", name="Giveaways").click()
    page.get_by_role("link", name="New giveaway").first.click()
    page.locator("#id_title").fill(title)
    page.locator("#id_prizes-0-name").fill("Golden teapot")
    expect(page.locator("aside .bubble")).to_contain_text("Golden teapot")
    zone = ZoneInfo(page.locator("#id_time_zone").input_value())
    ends_at = datetime.now(zone) + timedelta(seconds=SECONDS)
    page.locator("#id_ends_at").fill(ends_at.strftime("%Y-%m-%dT%H:%M:%S"))
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    assert page.url.startswith(f"{tenant}giveaways/")
    return page.url


def join_twice(page: Page) -> None:
    """Follow the giveaway's page to the chat, press Join, and press it again in the list."""
    page.get_by_role("link", name="Try it in the simulator").click()
    page.get_by_test_id("start").click()
    card = bubbles(page, "Golden teapot").first
    expect(card).to_be_visible()
    say(page, "/lotteries")
    listed = bubbles(page, "Running giveaways")
    expect(key(listed, "Join")).to_be_visible()
    key(card, "Join").click()
    expect(page.get_by_test_id("toast")).to_contain_text("You are in. Good luck!")
    expect(key(card, "Join")).to_have_count(0)
    key(listed, "Join").click()
    already = page.get_by_test_id("toast").filter(has_text="You are in already")
    expect(already).to_be_visible()


def say(page: Page, text: str) -> None:
    """Write to the bot."""
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("composer").press("Enter")


def bubbles(page: Page, text: str) -> Any:
    """Return the messages with a text."""
    return page.locator("[data-testid^=message-]").filter(has_text=text)


def key(message: Any, label: str) -> Any:
    """Return a message's buttons with a label."""
    return message.locator("[data-testid^=button-]").filter(has_text=label)


def log_out(page: Page) -> None:
    """Log out by the menu."""
    page.locator("details.who summary").click()
    page.locator("details.who").get_by_role("button", name="Log out").click()
    expect(page.locator("#id_login")).to_be_visible()


def log_in_to_demo(page: Page, stack: Stack) -> None:
    """Log in with what `manage.py up` printed."""
    printed = re.search(r"^Demo: +(\S+) +password: (\S+)$", stack.run.text(), re.MULTILINE)
    assert printed, stack.run.text()
    page.goto(f"{stack.url}/accounts/login/")
    page.locator("#id_login").fill(printed[1])
    page.locator("#id_password").fill(printed[2])
    page.locator("form .button.primary").click()
    page.wait_for_url("**/t/demo/")
