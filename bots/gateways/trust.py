"""Whom this process trusts over TLS: read once, and shared by all gateways.

Reading the authorities takes 25 ms and up to 1.7 MiB, each time that a client is made without a
context of its own. It is read at the first call, so the parent of forked workers never pays.
"""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import httpx


@cache
def context(bundle: str = "") -> ssl.SSLContext:
    """Return the process' context, with the authorities of SSL_CERT_FILE or _DIR, else certifi's.

    A `bundle`, the path of a file or a directory, takes their place. Nobody may change a context:
    it serves every connection.

    Raises:
        OSError: there is no such file, or it holds no authorities.
    """
    if not bundle:
        made = httpx.create_ssl_context()
    elif Path(bundle).is_dir():
        made = ssl.create_default_context(capath=bundle)
    else:
        made = ssl.create_default_context(cafile=bundle)
    # as strict as urllib3's own: a name that only stands in the subject does not count
    made.hostname_checks_common_name = False
    return made
