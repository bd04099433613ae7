"""The `ovh` library with limits, and with nothing but the credentials it is given."""

from __future__ import annotations

import json
import os
import threading
import time
from decimal import Decimal
from typing import Any, ClassVar

import ovh
import requests
from django.utils.translation import gettext as _
from urllib3.exceptions import NewConnectionError

from bots.gateways.sessions import tame
from ovh_sniper.gateways.accounts import ApplicationKeys, ServiceAccount
from ovh_sniper.gateways.errors import Call, Kind, Refused, Unreachable, from_answer, unusable
from ovh_sniper.gateways.hosts import Host, api_url, token_url

# seconds to connect, and between two pieces of an answer; the library's default is 180 for each
LIMITS = (5.0, 20.0)
# a token is renewed this long before its end
MARGIN = 30.0
# A clock that is this many seconds off is no reason to sign once more.
NEGLIGIBLE = 2
GET_TIME = Call("GET", "/auth/time")
GET_TOKEN = Call("GET", "/auth/oauth2/token")  # a POST that changes nothing


class _Session(requests.Session):
    """A session that stays where it is sent."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        # a redirected POST would go out again as a GET
        return super().request(*args, **{**kwargs, "allow_redirects": False})


_kept = threading.local()


def _session() -> _Session:
    """Return this thread's session: requests promises nothing to threads that share one."""
    if getattr(_kept, "pid", None) != os.getpid():
        # after a fork parent and child would read from the same connections
        _kept.session, _kept.pid = tame(_Session()), os.getpid()
    session: _Session = _kept.session
    return session


class Client(ovh.Client):  # type: ignore[misc] # the library has no types
    """The library's client; its signature, path and header rules are used as they are.

    Its constructor is not: it fills what is missing from OVH_* variables and `ovh.conf` files, so
    that a tenant without a consumer key would act as the operator.
    """

    # what OVH's clocks are ahead of ours, in seconds, by base address
    deltas: ClassVar[dict[str, int]] = {}

    def __init__(
        self,
        host: Host,
        *,
        application_key: str = "",
        application_secret: str = "",
        consumer_key: str = "",
        token: _Token | None = None,
    ) -> None:
        self._endpoint = api_url(host)
        self._application_key = application_key or None
        self._application_secret = application_secret
        self._consumer_key = consumer_key
        self._oauth2 = token
        self._timeout = LIMITS

    @classmethod
    def of(cls, credentials: ApplicationKeys | ServiceAccount) -> Client:
        """Return the client of an account."""
        host = credentials.host
        if isinstance(credentials, ServiceAccount):
            return cls(host, token=_Token(credentials))
        return cls(
            host,
            application_key=credentials.application_key,
            application_secret=credentials.application_secret,
            consumer_key=credentials.consumer_key,
        )

    @property
    def _session(self) -> _Session:
        return _session()

    @property
    def time_delta(self) -> int:
        """What OVH's clock is ahead of ours, in seconds; measured once a process."""
        delta = self.deltas.get(self._endpoint)
        return self.measure() if delta is None else delta

    def measure(self) -> int:
        """Ask OVH for its time."""
        response = _attempt(GET_TIME, lambda: self.raw_call("GET", GET_TIME.route, need_auth=False))
        if response.status_code != 200:
            raise _error(response, GET_TIME)
        try:
            delta = int(response.text) - int(time.time())
        except ValueError:
            raise unusable(response.status_code, GET_TIME) from None
        self.deltas[self._endpoint] = delta
        return delta

    def exchange(self, call: Call, path: str, body: Any = None) -> Any:
        """Make a call and return its answer's JSON (decimals as Decimal), None for an empty one.

        Raises:
            OvhError: as errors.py tells them apart.
        """
        # ahead of the call itself: what fails here leaves no doubt about an order
        delta = self._prepare() if call.signed else 0
        response = self._send(call, path, body)
        if call.signed and self._may_mend(response, delta):
            response = self._send(call, path, body)
        if not 200 <= response.status_code < 300:
            raise _error(response, call)
        if response.status_code == 204:
            return None
        try:
            return json.loads(response.content, parse_float=Decimal)
        except ValueError:
            raise unusable(response.status_code, call) from None

    def _send(self, call: Call, path: str, body: Any) -> requests.Response:
        return _attempt(call, lambda: self.raw_call(call.method, path, body, need_auth=call.signed))

    def _prepare(self) -> int:
        """See to a token, or to the clocks' difference, which is returned."""
        if self._oauth2:
            self._oauth2.renew()
            return 0
        return self.time_delta

    def _may_mend(self, response: requests.Response, delta: int) -> bool:
        """Tell whether the call was refused, before anything was done, for something now mended.

        OVH may call the application key invalid where the time is wrong (seen by users of it).
        """
        if self._oauth2:
            return response.status_code == 401 and self._oauth2.replace()
        if response.status_code not in (400, 401, 403):
            return False
        text = response.text.lower()
        if not any(sign in text for sign in ("invalid_key", "key is invalid", "timestamp")):
            return False
        return abs(self.measure() - delta) >= NEGLIGIBLE


class _Token:
    """A service account's access token; the library's own waits for one without any limit."""

    def __init__(self, account: ServiceAccount) -> None:
        self._account = account
        self._url = token_url(account.host)
        self._token = ""
        self._ends = 0.0
        self._lock = threading.Lock()

    @property
    def session(self) -> _Token:
        """Where the library looks for what sends its requests."""
        return self

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """Send a request under the token."""
        headers = {**kwargs.pop("headers"), "Authorization": f"Bearer {self._token}"}
        return _session().request(method, url, headers=headers, **kwargs)

    def renew(self) -> None:
        """Get a token where there is none or it is about to end."""
        with self._lock:
            if time.monotonic() >= self._ends:
                self._fetch()

    def replace(self) -> bool:
        """Get another token for one that OVH no longer takes; always True."""
        with self._lock:
            self._fetch()
        return True

    def _fetch(self) -> None:
        account = self._account
        response = _attempt(
            GET_TOKEN,
            lambda: _session().request(
                "POST",
                self._url,
                data={"grant_type": "client_credentials", "scope": "all"},
                auth=(account.client_id, account.client_secret),
                timeout=LIMITS,
            ),
        )
        if response.status_code in (400, 401, 403):
            message = _("OVH does not know this service account, or not with this secret.")
            raise Refused(response.status_code, message, kind=Kind.CREDENTIAL_INVALID)
        if response.status_code != 200:
            raise _error(response, GET_TOKEN)
        try:
            answer = response.json()
            self._token = str(answer["access_token"])
            life = float(answer.get("expires_in") or 0)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise unusable(response.status_code, GET_TOKEN) from None
        self._ends = time.monotonic() + life - MARGIN


def _attempt(call: Call, send: Any) -> requests.Response:
    try:
        response: requests.Response = send()
    except requests.RequestException as error:
        # not `from error`: its text holds the address, and with it the cart
        unclear = call.writes and _may_have_arrived(error)
        raise Unreachable(_reason(error), unclear=unclear) from None
    return response


def _may_have_arrived(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return False
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NewConnectionError):
        return False
    return "CERTIFICATE_VERIFY_FAILED" not in str(error)


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return _("OVH did not answer in time.")
    if isinstance(error, requests.ConnectionError):
        return _("The connection to OVH could not be made, or broke off.")
    return _("OVH's answer cannot be read.")


def _error(response: requests.Response, call: Call) -> Exception:
    return from_answer(response.status_code, response.headers, response.content, call)
