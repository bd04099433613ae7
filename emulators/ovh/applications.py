"""Pages on which a customer makes keys: an application's two, or all three at once."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from emulators.markup import button, choices, field, send_page
from emulators.ovh.hosts import Host
from emulators.ovh.models import Application, Credential
from emulators.ovh.state import FIRST_CREDENTIAL, State
from emulators.wsgi import Environ, HttpError, Start

if TYPE_CHECKING:
    from emulators.ovh.emulator import OvhEmulator

METHODS = ("GET", "POST", "PUT", "DELETE")
VALIDITIES = (
    ("", "Unlimited"),
    ("3600", "1 hour"),
    ("86400", "1 day"),
    ("604800", "7 days"),
    ("2592000", "30 days"),
)


class Applications:
    """`createApp/` and `createToken/` of a host."""

    def __init__(self, emulator: "OvhEmulator") -> None:
        self._state = emulator.state

    def create_app(
        self, host: Host, values: dict[str, str], environ: Environ, start: Start
    ) -> Iterable[bytes]:
        """Application key and secret, for whoever asks."""
        if environ["REQUEST_METHOD"] != "POST":
            form = f"{field('name', 'Botharbor', 'Application name')}{button('Create keys')}"
            body = f'<form method="post"><div class="row">{form}</div></form>'
            return self._page("Creating API keys for your application", body, environ, start)
        with self._state.lock:
            made = self._application(host, values)
        body = show(("Application key", made.key), ("Application secret", made.secret))
        return self._page("Your application is created", body, environ, start)

    def create_token(
        self, host: Host, values: dict[str, str], environ: Environ, start: Start
    ) -> Iterable[bytes]:
        """All three keys, with the rules that the address names."""
        rules = rules_of(str(environ.get("QUERY_STRING", "")))
        if environ["REQUEST_METHOD"] != "POST":
            return self._page("Creating API keys", self._token_form(host, rules), environ, start)
        validity = values.get("validity", "")
        if validity and not validity.isdigit():
            raise HttpError(400, "bad validity")
        with self._state.lock:
            made = self._application(host, values)
            credential = self._credential(host, made, rules, values)
        body = show(
            ("Application key", made.key),
            ("Application secret", made.secret),
            ("Consumer key", credential.consumer_key),
        )
        return self._page("Your keys are created", body, environ, start)

    def _token_form(self, host: Host, rules: list[dict[str, str]]) -> str:
        with self._state.lock:
            people = [one for one in self._state.accounts.values() if one.host == host.name]
        accounts = [(one.nichandle, f"{one.nichandle} ({one.subsidiary})") for one in people]
        listed = "".join(
            f"<li><code>{escape(rule['method'])} {escape(rule['path'])}</code></li>"
            for rule in rules
        )
        inner = (
            f"{choices('nichandle', accounts, label='Logged in as')}"
            f"{field('name', 'Botharbor', 'Application name')}"
            f"{choices('validity', VALIDITIES, label='Validity')}{button('Create')}"
        )
        return (
            f"<p>Rights:</p><ul>{listed}</ul>"
            f'<form method="post"><div class="row">{inner}</div></form>'
        )

    def _application(self, host: Host, values: dict[str, str]) -> Application:
        state = self._state
        name = values.get("name", "").strip() or "Application"
        made = Application(host.name, state.secret(16), state.secret(), name)
        state.keep_application(made)
        return made

    def _credential(
        self, host: Host, made: Application, rules: list[dict[str, str]], values: dict[str, str]
    ) -> Credential:
        state: State = self._state
        nichandle = values.get("nichandle", "")
        if f"{host.name}/{nichandle}" not in state.accounts:
            raise HttpError(404, f"no account {nichandle}")
        credential = Credential(
            state.number("credential", FIRST_CREDENTIAL),
            host.name,
            state.secret(),
            made.key,
            rules,
            state.secret(64),
            None,
            None,
            state.now(),
        )
        credential.status, credential.nichandle = "validated", nichandle
        if validity := values.get("validity"):
            credential.expiration = state.now() + float(validity)
        state.keep_credential(credential)
        return credential

    def _page(self, title: str, body: str, environ: Environ, start: Start) -> Iterable[bytes]:
        page = f"<section><h1>{escape(title)}</h1>{body}</section>"
        return send_page(start, environ, title, page)


def rules_of(query: str) -> list[dict[str, str]]:
    """Rules in the address of `createToken/`: `GET=/me&POST=/order/cart/*`."""
    return [
        {"method": method, "path": path}
        for method, path in parse_qsl(query)
        if method in METHODS and path.startswith("/")
    ]


def show(*keys: tuple[str, str]) -> str:
    """Keys to copy, shown this once."""
    return "".join(
        f"<p>{escape(label)}<br><code>{escape(value)}</code></p>" for label, value in keys
    )
