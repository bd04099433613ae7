"""The front door of the Bot API: token, method, limits, faults, answer."""

import time
from collections.abc import Iterable
from typing import Any

from emulators.faults import Fault
from emulators.forms import Form, flatten, read_form
from emulators.telegram.call import Call, Result
from emulators.telegram.errors import ApiError
from emulators.telegram.files import LINK_LIVES
from emulators.telegram.journal import Journal
from emulators.telegram.methods import METHODS
from emulators.telegram.models import Bot
from emulators.telegram.params import Params
from emulators.telegram.state import State
from emulators.wsgi import (
    DropConnection,
    Environ,
    HttpError,
    Json,
    Start,
    answer,
    answer_json,
    is_gone,
)

LOOK_EVERY = 0.25  # seconds between looks at a connection that is kept waiting
NOT_IN_REPLY = ("setwebhook", "deletewebhook", "close", "logout")


class BotApi:
    """Answers `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

    def __init__(self, state: State, journal: Journal) -> None:
        self._state = state
        self._journal = journal

    def serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """One call over HTTP; `path` begins after `/bot`."""
        token, _, method = path.rpartition("/")
        try:
            bot = self.bot(token, method)
            form = read_form(environ)
        except HttpError as error:
            text = error.text.removeprefix("Bad Request: ")
            return reply(start, ApiError(error.status, text).json())
        except ApiError as error:
            return reply(start, error.json())
        return self._with_fault(bot, method, form, environ, start)

    def _with_fault(
        self, bot: Bot, method: str, form: Form, environ: Environ, start: Start
    ) -> Iterable[bytes]:
        fault = self._state.faults.take(bot.id, method)
        if fault is None:
            return reply(start, self.call(bot, method, form, environ))
        if fault.kind == "status":
            body = failure(fault)
            self._record(bot, method, form, body, via="http", fault=fault.kind)
            return reply(start, body)
        if fault.kind in ("timeout", "drop"):
            self._record(bot, method, form, None, via="http", fault=fault.kind)
        if fault.kind in ("timeout", "slow"):
            self._hold(environ, fault.seconds)
        if fault.kind in ("timeout", "drop"):
            raise DropConnection
        body = self.call(bot, method, form, environ)
        if fault.kind == "lost_answer":
            raise DropConnection
        return reply(start, body)

    def _hold(self, environ: Environ, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._state.closing:
            if is_gone(environ, min(left, LOOK_EVERY)):
                raise DropConnection

    def bot(self, token: str, method: str = "getMe") -> Bot:
        """The bot of a token; raises ApiError 401, or 404 for an unknown method."""
        if not token or not method:
            raise ApiError(404, "Not Found")
        number, colon, secret = token.partition(":")
        wrong = not colon or not number.isdigit() or token.startswith("0") or "/" in token
        if wrong or not secret or len(token) > 80:
            raise ApiError(401, "Unauthorized: invalid token specified")
        bot = self._state.tokens.get(token)
        if bot is None:
            raise ApiError(401, "Unauthorized")
        if method.lower() not in METHODS:
            raise ApiError(404, "Not Found: method not found")
        return bot

    def call(self, bot: Bot, method: str, form: Form, environ: Environ, via: str = "http") -> Json:
        """Perform a method; the answer's body, whatever happens."""
        given = dict(form.values)
        body: Json
        with self._state.lock:
            try:
                result = METHODS[method.lower()](Call(self._state, bot, Params(form), environ))
                body = {"ok": True, "result": result}
                if isinstance(result, Result):
                    body = {"ok": True, "result": result.value, "description": result.description}
            except ApiError as error:
                body = error.json()
            self._record(bot, method, Form(given, form.files), body, via=via)
        return body

    def call_from_webhook(self, bot: Bot, values: Json) -> None:
        """A method in a webhook's answer: done silently, some are ignored (telegram.md 1.5)."""
        method = str(values.pop("method", ""))
        known = method.lower() in METHODS and not method.lower().startswith("get")
        if known and method.lower() not in NOT_IN_REPLY:
            self.call(bot, method, Form(flatten(values)), {}, via="webhook")
        elif method:
            self._record(bot, method, Form(flatten(values)), None, via="webhook")

    def _record(
        self, bot: Bot, method: str, form: Form, body: Json | None, via: str, fault: str = ""
    ) -> None:
        params: dict[str, Any] = dict(form.values)
        params.update({name: f"<file {upload.name}>" for name, upload in form.files.items()})
        entry: Json = {"bot_id": bot.id, "method": method, "params": params, "answer": body}
        entry.update(at=self._state.clock.time(), via=via)
        if fault:
            entry["fault"] = fault
        self._journal.calls.append(entry)

    def download(self, path: str, start: Start) -> Iterable[bytes]:
        """`/file/bot<token>/<path>`: the bytes of a file."""
        token, _, name = path.partition("/")
        try:
            bot = self.bot(token)
        except ApiError as error:
            return reply(start, error.json())
        for file in self._state.files.values():
            if file.bot_id == bot.id and file.path == name:
                headers = [("Cache-Control", f"max-age={int(LINK_LIVES)}")]
                return answer(start, 200, self._state.file_bytes(file.id), file.mime, headers)
        return reply(start, ApiError(404, "Not Found").json())


def failure(fault: Fault) -> Json:
    """The body of an injected error."""
    parameters: Json = dict(fault.parameters or {})
    text = fault.description
    if fault.retry_after is not None:
        parameters["retry_after"] = fault.retry_after
    if not text:
        names = {429: f"Too Many Requests: retry after {fault.retry_after}", 401: "Unauthorized"}
        text = names.get(fault.status, "Internal Server Error")
    body: Json = {"ok": False, "error_code": fault.status, "description": text}
    return {**body, "parameters": parameters} if parameters else body


def reply(start: Start, body: Json) -> list[bytes]:
    """Send an answer with the status and headers that belong to it."""
    headers = []
    retry = body.get("parameters", {}).get("retry_after")
    if retry is not None:
        headers.append(("Retry-After", str(retry)))
    return answer_json(start, body, body.get("error_code", 200), headers)
