"""The simulator page in a real browser, with a small bot behind the emulator."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from emulators.serve import Emulators, Server, build
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, GROUP_ID, LIN, WANG
from emulators.wsgi import Environ, Json, Start, answer_json, read_body

pytestmark = pytest.mark.browser
JOIN = {"inline_keyboard": [[{"text": "Join", "callback_data": "join"}]]}
LEAVE = {"inline_keyboard": [[{"text": "Leave", "callback_data": "leave"}]]}
KEYS = {"keyboard": [["Balance", "Help"]], "resize_keyboard": True}
SPOILER = [
    {"type": "bold", "offset": 0, "length": 4},
    {"type": "spoiler", "offset": 5, "length": 6},
]


class TinyBot:
    """Answers in the webhook's own response, or calls the Bot API."""

    def __init__(self) -> None:
        self.api = ""

    def call(self, method: str, **params: Any) -> Any:
        """One Bot API call; raises httpx.HTTPStatusError when it is refused."""
        answer = httpx.post(f"{self.api}/{method}", json=params).raise_for_status()
        return answer.json()["result"]

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Receive one update."""
        update = orjson.loads(read_body(environ))
        if "callback_query" in update:
            return answer_json(start, self.pressed(update["callback_query"]))
        return answer_json(start, self.written(update["message"]) if "message" in update else {})

    def written(self, message: Json) -> Json:
        """The reply to a message."""
        text, chat_id = message.get("text", "photo"), message["chat"]["id"]
        reply: Json = {"method": "sendMessage", "chat_id": chat_id, "text": f"Heard: {text}"}
        if text.startswith("/start"):
            reply |= {"text": f"Welcome {text.partition(' ')[2]}".strip(), "reply_markup": JOIN}
        elif text == "/keys":
            reply["reply_markup"] = KEYS
        elif text == "/format":
            reply |= {"text": "Bold hidden <b>", "entities": SPOILER}
        elif text == "/link":
            reply["text"] = "https://t.me/harbor_demo_bot?start=ref_7"
        elif text == "/pin":
            sent = self.call("sendMessage", chat_id=chat_id, text="Read me")
            reply = {"method": "pinChatMessage", "chat_id": chat_id, **only_id(sent)}
        elif text == "/delete":
            sent = self.call("sendMessage", chat_id=chat_id, text="Gone soon")
            reply = {"method": "deleteMessage", "chat_id": chat_id, **only_id(sent)}
        return reply

    def pressed(self, query: Json) -> Json:
        """The toast and the edit after a button; an alert when leaving."""
        message = query["message"]
        place = {"chat_id": message["chat"]["id"], **only_id(message)}
        leaving = query["data"] == "leave"
        markup = JOIN if leaving else LEAVE
        text = "Not in the draw." if leaving else "You are in the draw."
        self.call("editMessageText", **place, text=text, reply_markup=markup)
        toast = {"callback_query_id": query["id"], "text": "Bye" if leaving else "Entry 12"}
        return {"method": "answerCallbackQuery", "show_alert": leaving, **toast}


def only_id(message: Json) -> Json:
    """The message_id parameter that names a message."""
    return {"message_id": message["message_id"]}


@dataclass
class World:
    """A running emulator with the tiny bot connected."""

    url: str
    emulators: Emulators
    bot: TinyBot

    def address(self, person: int = ALICE, **more: Any) -> str:
        """The simulator page for a person."""
        query = httpx.QueryParams({"bot": "harbor_demo_bot", "as": person, **more})
        return f"{self.url}/simulator/?{query}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The installed Chromium, else playwright's own."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def world() -> Iterator[World]:
    """Fresh emulators and a bot with a webhook and two commands."""
    bot, emulators = TinyBot(), build()
    emulators.telegram.enforce_limits(enforced=False)
    with Server(emulators) as server, Server(bot) as hook:
        bot.api = f"{server.url}/telegram/bot{DEMO_TOKEN}"
        bot.call("setWebhook", url=hook.url)
        commands = {"start": "Begin", "keys": "Show a keyboard"}
        listed = [{"command": name, "description": text} for name, text in commands.items()]
        bot.call("setMyCommands", commands=listed)
        yield World(server.url, emulators, bot)
        emulators.close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """A page that must not write an error to its console; closed before the world it shows."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    page, problems = context.new_page(), list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert problems == []


def write(page: Page, text: str) -> None:
    """Type a message and send it with Enter."""
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("composer").press("Enter")


def open_started(page: Page, world: World, person: int = ALICE) -> None:
    """Open the private chat of a person who has pressed Start."""
    page.goto(world.address(person))
    page.get_by_test_id("start").click()
    expect(bubbles(page, "Welcome")).to_be_visible()


def bubbles(page: Page, text: str) -> Any:
    """The messages with a text."""
    return page.locator("[data-testid^=message-]").filter(has_text=text)


def test_start_command_and_answer(page: Page, world: World) -> None:
    open_started(page, world)
    write(page, "hello <b>")
    expect(bubbles(page, "Heard: hello <b>")).to_be_visible()
    expect(page.get_by_test_id("live")).to_contain_text("Harbor Demo Bot: Heard: hello <b>")
    expect(page.get_by_test_id("composer")).to_have_value("")


def test_enter_sends_and_shift_enter_breaks_the_line(page: Page, world: World) -> None:
    open_started(page, world)
    composer = page.get_by_test_id("composer")
    composer.fill("one")
    composer.press("Shift+Enter")
    composer.press_sequentially("two")
    page.get_by_test_id("send").click()
    expect(bubbles(page, "Heard:")).to_have_count(1)
    assert world.emulators.telegram.sent(ALICE)[-1]["text"] == "Heard: one\ntwo"


def test_button_gives_toast_edit_and_alert(page: Page, world: World) -> None:
    open_started(page, world)
    button = page.get_by_test_id("button-0-0")
    button.click()
    expect(page.get_by_test_id("toast")).to_have_text("Entry 12")
    changed = bubbles(page, "You are in the draw.")
    expect(changed.get_by_test_id("edited")).to_be_visible()
    expect(button).to_have_text("Leave")
    button.click()
    expect(page.get_by_test_id("alert")).to_contain_text("Bye")
    page.get_by_test_id("alert-ok").click()
    expect(page.get_by_test_id("alert")).to_have_count(0)


def test_reply_keyboard_command_menu_and_formatting(page: Page, world: World) -> None:
    open_started(page, world)
    page.get_by_test_id("bot-menu").click()
    page.get_by_test_id("command-keys").click()
    page.get_by_test_id("reply-0-0").click()
    expect(bubbles(page, "Heard: Balance")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("reply-keyboard")).to_be_visible()
    write(page, "/format")
    expect(bubbles(page, "hidden <b>").locator("strong", has_text="Bold")).to_be_visible()
    spoiler = page.get_by_test_id("spoiler")
    spoiler.press("Enter")
    expect(spoiler.get_by_text("hidden")).to_be_visible()


def test_pin_delete_and_photo(page: Page, world: World) -> None:
    open_started(page, world)
    write(page, "/pin")
    expect(page.get_by_test_id("pinned")).to_contain_text("Read me")
    write(page, "/delete")
    expect(bubbles(page, "/delete")).to_be_visible()
    expect(bubbles(page, "Gone soon")).to_have_count(0)
    picture = FilePayload(name="a.png", mimeType="image/png", buffer=page.screenshot())
    page.get_by_test_id("photo-file").set_input_files(picture)
    write(page, "look")
    expect(bubbles(page, "look").locator(".photo img")).to_have_js_property("naturalWidth", 1280)


def test_deep_links_start_the_bot(page: Page, world: World) -> None:
    page.goto(world.address(start="ref_1"))
    page.get_by_test_id("start").click()
    expect(bubbles(page, "Welcome ref_1")).to_be_visible()
    write(page, "/link")
    page.get_by_role("link", name="start=ref_7").click()
    expect(bubbles(page, "Welcome ref_7")).to_be_visible()


def test_block_and_unblock(page: Page, world: World) -> None:
    open_started(page, world)
    page.get_by_test_id("chat-menu").click()
    page.get_by_test_id("action-block").click()
    expect(page.get_by_test_id("unblock")).to_be_visible()
    assert world.emulators.telegram.bots[DEMO_BOT_ID].people[ALICE] == "blocked"
    page.get_by_test_id("unblock").click()
    expect(page.get_by_test_id("composer")).to_be_visible()
    assert world.emulators.telegram.bots[DEMO_BOT_ID].people[ALICE] == "started"


def test_switch_person_and_their_unread_messages(page: Page, world: World) -> None:
    open_started(page, world)
    world.emulators.telegram.start(DEMO_BOT_ID, WANG)
    wang = page.get_by_test_id(f"person-{WANG}")
    expect(wang.locator(".badge")).to_have_text("1")
    wang.click()
    expect(wang).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id(f"chat-{WANG}")).to_have_attribute("aria-current", "true")
    expect(bubbles(page, "Welcome")).to_have_count(1)
    expect(wang.locator(".badge")).to_have_count(0)


def test_two_people_side_by_side_in_a_group(page: Page, world: World) -> None:
    page.goto(world.address(chat=GROUP_ID))
    page.get_by_test_id("split").click()
    left, right = page.get_by_test_id("pane-0"), page.get_by_test_id("pane-1")
    right.get_by_test_id("pane-person").select_option(str(LIN))
    right.get_by_test_id("composer").fill("hello group")
    right.get_by_test_id("send").click()
    expect(left.get_by_text("Heard: hello group")).to_be_visible()
    left.get_by_test_id("chat-menu").click()
    left.get_by_test_id("action-leave").click()
    expect(left.get_by_test_id("join")).to_be_visible()
    expect(right.get_by_text("Alice Carter left", exact=True)).to_be_visible()


def test_new_person_new_group_and_botfather(page: Page, world: World) -> None:
    page.goto(world.address())
    page.get_by_test_id("new-person").click()
    page.get_by_test_id("person-name").fill("Mei")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("person-dialog")).to_have_count(0)
    page.get_by_test_id("new-chat").click()
    page.get_by_test_id("chat-title-input").fill("Fans")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("chat-title")).to_have_text("Fans")
    page.get_by_test_id("botfather").click()
    page.get_by_test_id("bot-name").fill("Second")
    page.get_by_test_id("submit").click()
    created = page.get_by_test_id("botfather-dialog").locator("li", has_text="Second")
    before = created.get_by_test_id("token").inner_text()
    created.get_by_test_id("revoke").click()
    page.get_by_test_id("confirm-ok").click()
    expect(created.get_by_test_id("token")).not_to_have_text(before)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_width_has_no_horizontal_scroll(page: Page, world: World, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    open_started(page, world)
    write(page, "A-very-long-word-" * 20)
    expect(bubbles(page, "Heard: A-very")).to_be_visible()
    width = (
        "[document.documentElement.scrollWidth, document.querySelector('.scroller').scrollWidth]"
    )
    assert max(page.evaluate(width)) <= 360
    page.get_by_test_id("back").click()
    expect(page.get_by_test_id(f"chat-{ALICE}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_languages(page: Page, world: World) -> None:
    page.goto(world.address())
    for tag, start in (("zh-Hans", "开始"), ("zh-Hant", "開始"), ("en", "Start")):
        page.get_by_test_id("settings").click()
        page.get_by_test_id(f"language-{tag}").click()
        expect(page.get_by_test_id("start")).to_have_text(start)
        expect(page.locator("html")).to_have_attribute("lang", tag)
