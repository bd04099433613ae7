"""A small HTTP client that signs; for every service of Huawei Cloud but the servers' own."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _
from urllib3.exceptions import NewConnectionError

from bots.gateways.sessions import tame
from traffic_guard.gateways.accounts import Keys
from traffic_guard.gateways.answers import Call, from_answer, load, unusable
from traffic_guard.gateways.cloud import Throttle
from traffic_guard.gateways.errors import Unreachable
from traffic_guard.gateways.signing import Pairs, encoded, query_string, sign

# seconds to connect, and between two pieces of an answer
LIMITS = (5.0, 20.0)
JSON = "application/json"


def is_local(url: str) -> bool:
    """Tell whether an address is this machine's: no proxy of the environment leads there."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


_kept = threading.local()


def session() -> requests.Session:
    """Return this thread's session: requests promises nothing to threads that share one."""
    if getattr(_kept, "pid", None) != os.getpid():
        # after a fork parent and child would read from the same connections
        _kept.session, _kept.pid = tame(requests.Session()), os.getpid()
    kept: requests.Session = _kept.session
    return kept


def proxies_for(url: str) -> dict[str, str] | None:
    """Return what goes before the environment's proxies; None for nothing."""
    return {"http": "", "https": "", "all": ""} if is_local(url) else None


class Meter:
    """Counts the HTTP requests of one account, and lets a limiter slow them down."""

    def __init__(self, throttle: Throttle | None) -> None:
        self._throttle = throttle
        self.calls: Counter[str] = Counter()

    def before(self, call: Call) -> None:
        """Wait for a turn; what the limiter raises stops the call."""
        if self._throttle is not None:
            self._throttle(call.api, f"{call.method} {call.route}")
        self.calls[call.api] += 1


class Wire:
    """The signed client of one account; every call through it only reads."""

    def __init__(self, keys: Keys, meter: Meter) -> None:
        self._keys, self._meter = keys, meter

    def ask(
        self,
        call: Call,
        base: str,
        *ids: str,
        query: Pairs = (),
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make a call and return its JSON object; `ids` fill the stars of its route.

        Raises:
            CloudError: as answers.py tells them apart.
        """
        self._meter.before(call)
        response = self._send(call, base, _path(call.route, ids), tuple(query), body, headers or {})
        if response.status_code != 200:
            raise from_answer(
                response.status_code,
                response.headers,
                response.content,
                call,
                self._keys.access_key,
            )
        answer = load(response.content)
        if not isinstance(answer, dict):
            raise unusable(response.status_code, call)
        return answer

    def _send(
        self,
        call: Call,
        base: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> requests.Response:
        data = b"" if body is None else json.dumps(body).encode()
        # a stand-in below a path of its own sees what the real host would see
        sent = {"Host": urlsplit(base).netloc, "Content-Type": JSON, **headers}
        signed = sign(self._keys, call.method, path, query, sent, data)
        suffix = f"?{query_string(query)}" if query else ""
        try:
            return session().request(
                call.method,
                f"{base}{path}{suffix}",
                headers=signed,
                data=data or None,
                timeout=LIMITS,
                allow_redirects=False,
                proxies=proxies_for(base),
            )
        except (requests.RequestException, ValueError) as error:  # ids that fit no header
            # not `from error`: its text holds the address, and with it the account's ids
            raise unreachable(error, call) from None


def unreachable(error: BaseException | None, call: Call) -> Unreachable:
    """Return the error for a call without an answer."""
    return Unreachable(_reason(error, call.api), unclear=call.writes and _may_have_arrived(error))


def _path(route: str, ids: tuple[str, ...]) -> str:
    parts = iter(ids)
    return "/".join(encoded(next(parts)) if part == "*" else part for part in route.split("/"))


def _may_have_arrived(error: BaseException | None) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return False
    cause = getattr(error.args[0], "reason", None) if error and error.args else None
    return not (isinstance(cause, NewConnectionError) or "CERTIFICATE_VERIFY" in str(error))


def _reason(error: BaseException | None, api: str) -> str:
    if isinstance(error, requests.Timeout):
        return _("%(api)s did not answer in time.") % {"api": api}
    if isinstance(error, requests.ConnectionError):
        return _("The connection to %(api)s could not be made, or broke off.") % {"api": api}
    return _("The answer of %(api)s cannot be read.") % {"api": api}
