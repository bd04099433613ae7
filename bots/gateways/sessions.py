"""Sessions of `requests` that serve many accounts: they keep connections and nothing else."""

from __future__ import annotations

import os
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from bots.gateways import trust

S = TypeVar("S", bound=requests.Session)


class TrustingAdapter(HTTPAdapter):
    """Connects with the process' context: requests' own reads all authorities for each connection.

    Certificates and names are always checked: `verify` and `cert` of a request do not count.
    """

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: Any,  # noqa: ARG002
        cert: Any = None,  # noqa: ARG002
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return which host to connect to, and how."""
        host, how = super().build_connection_pool_key_attributes(request, verify=True)
        return host, {**how, "ssl_context": _context()}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return what connects through a proxy, which may speak TLS itself."""
        if proxy.lower().startswith("https:"):
            kwargs["proxy_ssl_context"] = _context()
        return super().proxy_manager_for(proxy, **kwargs)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:  # noqa: ARG002
        """Name no file of authorities, which would be read into the context once more."""
        conn.cert_reqs = "CERT_REQUIRED"


def tame(session: S) -> S:
    """Make a session the same for every account."""
    # no cookie of one account for the next
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # nor a password from ~/.netrc, which would take the signature's place
    session.auth = lambda request: request
    session.mount("https://", TrustingAdapter())
    return session


def _context() -> ssl.SSLContext:
    """Return the process' context, or that of the authorities which requests' users name."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return trust.context(bundle) if bundle else trust.context()
