"""Markup and automatic entities."""

import pytest

from emulators.telegram.errors import ApiError
from emulators.telegram.html import HtmlParser
from emulators.telegram.markdown import parse_markdown
from emulators.telegram.text import find_entities, trim
from emulators.telegram.world import DEMO_TOKEN, SECOND_SPARE_TOKEN, SPARE_TOKEN
from emulators.wsgi import Json


def spans(entities: list[Json]) -> list[tuple[str, int, int]]:
    return [(entity["type"], entity["offset"], entity["length"]) for entity in entities]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("a &lt;b&gt; &amp; &quot;c&quot; &nbsp; &#65;&#x42;", 'a <b> & "c" &nbsp; AB', []),
        ("<b>x<i>y</i></b>", "xy", [("bold", 0, 2), ("italic", 1, 1)]),
        ("🦊<code>x</code>", "🦊x", [("code", 2, 1)]),
        ('<a href="https://a.b/?x=1&amp;y=2">l</a>', "l", [("text_link", 0, 1)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [("pre", 0, 1)]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        (
            "<s>a</s><u>b</u><tg-spoiler>c</tg-spoiler>",
            "abc",
            [("strikethrough", 0, 1), ("underline", 1, 1), ("spoiler", 2, 1)],
        ),
        ("<b></b>x", "x", []),
    ],
)
def test_html(source: str, text: str, expected: list[tuple[str, int, int]]) -> None:
    plain, entities = HtmlParser(source).parse()
    assert (plain, spans(entities)) == (text, expected)


def test_html_details() -> None:
    _, (link,) = HtmlParser("<a href='https://a.b/?x=1&amp;y=2'>l</a>").parse()
    assert link["url"] == "https://a.b/?x=1&y=2"
    _, (person,) = HtmlParser('<a href="tg://user?id=5">l</a>').parse()
    assert (person["type"], person["user"]["id"]) == ("text_mention", 5)
    _, (code,) = HtmlParser('<pre><code class="language-py">x</code></pre>').parse()
    assert code["language"] == "py"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("é<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<br>x", 'Unsupported start tag "br" at byte offset 2'),
        ("1 < 2", "start tag"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'must have class "tg-spoiler"'),
        ("<p>x</p>", 'Unsupported start tag "p"'),
        ("a <", "Unclosed start tag at byte offset 2"),
    ],
)
def test_broken_html(source: str, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        HtmlParser(source).parse()
    assert caught.value.description.startswith("Bad Request: can't parse entities: ")
    assert words in caught.value.description


@pytest.mark.parametrize(
    ("source", "version", "text", "expected"),
    [
        ("*b* _i_ `c` [l](https://a.b)", 1, "b i c l", ["bold", "italic", "code", "text_link"]),
        (
            "*b _i_* __u__ ~s~ ||p||",
            2,
            "b i u s p",
            ["bold", "italic", "underline", "strikethrough", "spoiler"],
        ),
        (r"1\.5 \*", 2, "1.5 *", []),
        ("```py\nx = 1\n```", 2, "x = 1\n", ["pre"]),
    ],
)
def test_markdown(source: str, version: int, text: str, expected: list[str]) -> None:
    plain, entities = parse_markdown(source, version)
    assert (plain, [entity["type"] for entity in entities]) == (text, expected)


@pytest.mark.parametrize(
    ("source", "version"),
    [("*b", 1), ("*b", 2), ("a-b", 2), ("`x", 2), ("[x](y", 2), ("*a _b*_", 2)],
)
def test_broken_markdown(source: str, version: int) -> None:
    with pytest.raises(ApiError, match="can't parse entities"):
        parse_markdown(source, version)


def test_automatic_entities() -> None:
    text = "/go@some_bot 🦊 @name_1 https://a.b/c?d. #tag x@y.org $USD a/b shop.com"
    assert [
        (kind, text.encode("utf-16-le")[2 * o : 2 * (o + n)].decode("utf-16-le"))
        for kind, o, n in spans(find_entities(text))
    ] == [
        ("bot_command", "/go@some_bot"),
        ("mention", "@name_1"),
        ("url", "https://a.b/c?d"),
        ("hashtag", "#tag"),
        ("email", "x@y.org"),
        ("cashtag", "$USD"),
        ("url", "shop.com"),
    ]


def test_trim_moves_entities() -> None:
    text, entities = trim("  ab  ", [{"type": "bold", "offset": 1, "length": 5}])
    assert (text, spans(entities)) == ("ab", [("bold", 0, 2)])


@pytest.mark.parametrize("token", [DEMO_TOKEN, SPARE_TOKEN, SECOND_SPARE_TOKEN])
def test_public_tokens_look_real(token: str) -> None:
    number, secret = token.split(":")
    assert number.isdigit()
    assert len(secret) == 35
