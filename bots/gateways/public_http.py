"""HTTP to addresses that tenants give us: public hosts only, whatever their names resolve to.

The name is resolved here, once, and the connection goes to the very address that was checked, so
a name that answers differently the second time (DNS rebinding) gains nothing. httpx parses the
address and says what is connected to: there is no second parser to disagree. Redirects are not
followed, proxies of the environment are not used, and one deadline covers the whole exchange.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from bots.gateways import trust
from bots.gateways.addresses import is_public
from bots.gateways.errors import Refused, Unreachable
from tenants import contention

if TYPE_CHECKING:
    import ssl

PORTS = (443, 8443)
HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
MAX_URL = 2048
MAX_RESPONSE = 64 * 1024  # bytes; nobody needs more of an answer to a webhook
SECONDS = 10.0

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is at most MAX_RESPONSE bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check(url: str) -> httpx.URL:
    """Return the parsed address of a tenant's service, without resolving its name.

    Raises:
        Refused: the address is not https to a public host, in words for the tenant (code 0).
    """
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(0, _("This is not a web address.")) from error
    if len(url) > MAX_URL or not HOST.fullmatch(parsed.raw_host):
        raise Refused(0, _("This is not a web address."))
    if parsed.userinfo:
        raise Refused(0, _("The address must not contain a user name or password."))
    if _is_own_emulator(parsed):
        return parsed
    if parsed.scheme != "https":
        raise Refused(0, _("The address must start with https://."))
    if (parsed.port or 443) not in PORTS:
        raise Refused(0, _("Only the ports 443 and 8443 are allowed."))
    if _is_numeric(parsed.host) and not is_public(parsed.host):
        raise _not_public()
    return parsed


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> Answer:
    """Post bytes to a tenant's address; `seconds` covers everything from look-up to last byte.

    Raises:
        Refused: the address is not allowed, or the certificate is not valid (code 0).
        Unreachable: no answer; `unclear` where the request may have arrived.
    """
    parsed = check(url)
    contention.acts_outside()
    backend = _CheckedBackend(
        deadline=time.monotonic() + seconds, trusted=_is_own_emulator(parsed), resolve=resolve
    )
    with (
        _in_our_words(backend),
        httpcore.ConnectionPool(
            ssl_context=trust.context(), network_backend=backend, retries=0
        ) as pool,
        pool.stream(
            "POST",
            httpcore.URL(
                scheme=parsed.raw_scheme,
                host=parsed.raw_host,
                port=parsed.port,
                target=parsed.raw_path,
            ),
            headers=[
                (b"Host", parsed.netloc),
                (b"User-Agent", b"Botharbor"),
                (b"Accept-Encoding", b"identity"),
                (b"Connection", b"close"),
                (b"Content-Length", str(len(body)).encode()),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
            content=body,
        ) as response,
    ):
        return Answer(
            response.status,
            {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            },
            _at_most(response.iter_stream(), MAX_RESPONSE),
        )


def resolve(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host; tests put their own resolver in its place."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_own_emulator(url: httpx.URL) -> bool:
    """Tell whether the address is one of the demo's stand-ins, which live on this machine.

    Strangers who reach the demo do not reach them: they obey whoever asks.
    """
    if not (settings.EMULATORS and settings.LOOPBACK_ONLY):
        return False
    stand_ins = (settings.TELEGRAM_API_URL, settings.FEISHU_API_URL, settings.SIMULATOR_URL)
    return _origin(url) in {_origin(httpx.URL(base)) for base in stand_ins if base}


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_numeric(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _not_public() -> Refused:
    return Refused(0, _("The address does not lead to a host on the public internet."))


def _at_most(parts: Iterator[bytes], limit: int) -> bytes:
    """Read up to a limit and leave the rest; the connection is closed after it."""
    body = b""
    # the status says what counts: an answer that breaks off is an answer all the same
    with contextlib.suppress(httpcore.NetworkError, httpcore.ProtocolError):
        for part in parts:
            body += part
            if len(body) >= limit:
                break
    return body[:limit]


class _CheckedBackend(httpcore.NetworkBackend):
    """Resolves, checks, and connects to what was checked, within one deadline."""

    def __init__(self, *, deadline: float, trusted: bool, resolve: Resolve) -> None:
        self.deadline = deadline
        self.trusted = trusted
        self.resolve = resolve
        self.wrote = False
        self._sockets = httpcore.SyncBackend()

    def left(self, timeout: float | None = None) -> float:
        """Return the seconds that the next step may take."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        for number, address in enumerate(addresses, start=1):
            try:
                stream = self._sockets.connect_tcp(
                    # a silent first address leaves time for the second
                    address,
                    port,
                    self.left(timeout) / (len(addresses) - number + 1),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
            else:
                return _TimedStream(stream, self)
        raise httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        # one inner address among public ones is no accident
        if not self.trusted and not all(is_public(address) for address in addresses):
            raise _not_public()
        return addresses[:4]


class _TimedStream(httpcore.NetworkStream):
    """A stream that no drip of bytes keeps open past the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _CheckedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._backend.wrote = True
        self._stream.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._backend.left(timeout))
        return _TimedStream(inner, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@contextlib.contextmanager
def _in_our_words(backend: _CheckedBackend) -> Iterator[None]:
    """Turn the library's errors into ours; none of them holds the address, which may be secret."""
    try:
        yield
    except httpcore.TimeoutException as error:
        reason = _("The service did not answer in time.")
        raise Unreachable(reason, unclear=backend.wrote) from error
    except httpcore.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Refused(0, _("The certificate of this address is not valid.")) from error
        raise Unreachable(_("The service cannot be reached."), unclear=False) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        reason = _("The connection broke off.")
        raise Unreachable(reason, unclear=backend.wrote) from error
