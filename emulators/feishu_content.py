"""What Feishu's custom bots take: texts, posts, and cards of both schemas."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from emulators.wsgi import Json

Check = Callable[[Json], None]
TEMPLATES = {
    *("blue", "wathet", "turquoise", "green", "yellow", "orange"),
    *("red", "carmine", "violet", "purple", "indigo", "grey", "default"),
}
BUTTON_TYPES = {"default", "primary", "danger"}
TEXT_TAGS = {"plain_text", "lark_md"}


class Malformed(Exception):
    """Feishu would not take this; the text says why."""


def check(body: Json) -> None:
    """Look at the payload that belongs to each msg_type; raises Malformed."""
    content = body.get("content")
    match body.get("msg_type"):
        case "text":
            _demand(isinstance(content, dict) and _is_text(content.get("text")), "text is empty")
        case "post":
            posts = content.get("post") if isinstance(content, dict) else None
            good = isinstance(posts, dict) and any(
                isinstance(post, dict) and isinstance(post.get("content"), list)
                for post in posts.values()
            )
            _demand(good, "post has no content")
        case "interactive":
            check_card(body.get("card"))
        case _:
            raise Malformed("msg_type is unknown")


def check_card(card: Any) -> None:
    """Look at a card; raises Malformed."""
    _demand(isinstance(card, dict) and bool(card), "card is no object")
    if card.get("header") is not None:
        _check_header(card["header"])
    _demand(isinstance(card.get("config", {}), dict), "config is no object")
    if card.get("schema") == "2.0":
        body = card.get("body")
        _check_elements(body.get("elements") if isinstance(body, dict) else None, ELEMENTS_2)
    else:
        _demand("schema" not in card, "schema is unknown")
        _check_elements(card.get("elements"), ELEMENTS_1)


def _check_header(header: Any) -> None:
    _demand(isinstance(header, dict), "header is no object")
    _demand(header.get("template", "blue") in TEMPLATES, "template is unknown")
    _check_text(header.get("title"))


def _check_elements(elements: Any, known: dict[str, Check]) -> None:
    for element in _items(elements, "elements"):
        _demand(isinstance(element, dict), "an element is no object")
        check_one = known.get(str(element.get("tag")))
        if check_one is None:
            raise Malformed("an element's tag is unknown")
        check_one(element)


def _items(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(f"{name} are no list")
    return value


def _check_text(text: Any) -> None:
    content = text.get("content") if isinstance(text, dict) and text.get("tag") in TEXT_TAGS else ""
    good = isinstance(content, str) and bool(content)
    _demand(good, "a text must be plain_text or lark_md with content")


def _check_div(element: Json) -> None:
    fields = _items(element.get("fields", []), "fields")
    _demand("text" in element or bool(fields), "a div has neither text nor fields")
    if "text" in element:
        _check_text(element["text"])
    for field in fields:
        _demand(isinstance(field, dict), "a field is no object")
        _demand(isinstance(field.get("is_short", False), bool), "is_short must be true or false")
        _check_text(field.get("text"))


def _check_note(element: Json) -> None:
    elements = _items(element.get("elements"), "elements")
    _demand(elements, "a note needs elements")
    for one in elements:
        _check_text(one)


def _check_action(element: Json) -> None:
    actions = _items(element.get("actions"), "actions")
    _demand(actions, "an action needs actions")
    for one in actions:
        _demand(isinstance(one, dict) and one.get("tag") == "button", "an action is no button")
        _check_button(one)
        # nobody would answer: a custom bot has no callback
        _demand(_is_address(one.get("url")), "a button must open an http or https address")


def _check_button(element: Json) -> None:
    _check_text(element.get("text"))
    _demand(element.get("type", "default") in BUTTON_TYPES, "a button's type is unknown")


def _check_button_2(element: Json) -> None:
    _check_button(element)
    behaviors = element.get("behaviors")
    good = isinstance(behaviors, list) and all(
        isinstance(one, dict)
        and one.get("type") == "open_url"
        and _is_address(one.get("default_url"))
        for one in behaviors
    )
    _demand(good and bool(behaviors), "a button must open an http or https address")


def _check_markdown(element: Json) -> None:
    _demand(_is_text(element.get("content")), "markdown is empty")


def _check_nothing(_element: Json) -> None:
    """A line has nothing to look at, and of pictures and columns nothing is asked here."""


ELEMENTS_1: dict[str, Check] = {
    "div": _check_div,
    "hr": _check_nothing,
    "note": _check_note,
    "action": _check_action,
    "markdown": _check_markdown,
    "img": _check_nothing,
    "column_set": _check_nothing,
}
ELEMENTS_2: dict[str, Check] = {
    "div": _check_div,
    "hr": _check_nothing,
    "markdown": _check_markdown,
    "button": _check_button_2,
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_address(value: Any) -> bool:
    if not isinstance(value, str) or set(value) & set(" \n\t"):
        return False
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _demand(good: object, why: str) -> None:
    if not good:
        raise Malformed(why)
