"""HTML of the emulators' own pages: no scripts, one style sheet."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from emulators.wsgi import (
    HTML,
    Environ,
    HttpError,
    Start,
    answer,
    origin,
    read_body,
    status_line,
)

STYLE = (Path(__file__).parent / "page.css").read_bytes()
SHEET = "page.css"


def policy(*form_targets: str) -> str:
    """A Content-Security-Policy. Browsers check `form-action` for redirects too, so a page whose
    form leads elsewhere must name the place."""
    targets = " ".join(("'self'", *form_targets))
    return (
        f"default-src 'none'; style-src 'self'; form-action {targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def headers(*form_targets: str) -> list[tuple[str, str]]:
    """What every page carries."""
    return [
        ("Content-Security-Policy", policy(*form_targets)),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ]


def send_page(
    start: Start, environ: Environ, title: str, body: str, form_targets: Iterable[str] = ()
) -> list[bytes]:
    """A whole page."""
    sheet = f"{environ.get('SCRIPT_NAME', '')}/control/{SHEET}"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{escape(sheet)}">'
        f"</head><body>{body}</body></html>"
    )
    return answer(start, 200, page.encode(), HTML, headers(*form_targets))


def send_style(start: Start) -> list[bytes]:
    """The style sheet."""
    return answer(start, 200, STYLE, "text/css; charset=utf-8", headers())


def redirect(start: Start, target: str) -> list[bytes]:
    """Go and look there, with GET."""
    start(
        "303 See Other",
        [("Location", target), ("Content-Length", "0"), *headers()],
    )
    return [b""]


def target_origin(url: str) -> str:
    """Scheme and host of an address, "" for one of this server."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def refuse(start: Start, status: int, text: str) -> list[bytes]:
    """A plain refusal."""
    line = status_line(status).partition(" ")[2]
    page = f"<!doctype html><title>{line}</title><h1>{line}</h1><p>{escape(text)}</p>"
    return answer(start, status, page.encode(), HTML, headers())


def read_fields(environ: Environ) -> dict[str, str]:
    """Fields of a posted form; raises HttpError 403 when another site posts it."""
    given = environ.get("HTTP_ORIGIN")
    if given not in (None, "null", origin(environ)):
        raise HttpError(403, "this form belongs to another site")
    text = read_body(environ).decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True))


def choices(
    name: str, options: Iterable[tuple[str, str]], selected: str = "", label: str = ""
) -> str:
    """A drop-down with its label."""
    rows = "".join(
        f'<option value="{escape(value)}"{" selected" if value == selected else ""}>'
        f"{escape(text)}</option>"
        for value, text in options
    )
    return (
        f'<label><span>{escape(label or name)}</span><select name="{escape(name)}">{rows}'
        "</select></label>"
    )


def field(name: str, value: str = "", label: str = "", kind: str = "text") -> str:
    """An input with its label."""
    return (
        f'<label><span>{escape(label or name)}</span><input name="{escape(name)}" '
        f'type="{kind}" value="{escape(value)}"></label>'
    )


def hidden(**values: object) -> str:
    """Fields that travel along."""
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
        for name, value in values.items()
    )


def button(text: str, kind: str = "", **value: str) -> str:
    """A button that sends its form; one name and value of its own at most."""
    sent = "".join(f' name="{escape(k)}" value="{escape(v)}"' for k, v in value.items())
    style = f' class="{kind}"' if kind else ""
    return f"<button{style}{sent}>{escape(text)}</button>"
