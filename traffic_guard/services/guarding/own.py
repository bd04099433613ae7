"""Which server is the machine that this runs on: stopping it would end the guard itself.

Known by addresses (the setting OWN_ADDRESSES, the public ones of this machine's interfaces, the
address in PUBLIC_URL where it is one) and by the server id that the cloud left on the disk.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from traffic_guard.models import Server

# cloud-init writes the instance's id, which is the server's id at clouds built on OpenStack
ID_FILES = (Path("/var/lib/cloud/data/instance-id"), Path("/run/cloud-init/.instance-id"))
ROUTES, ROUTES_V6 = Path("/proc/net/fib_trie"), Path("/proc/net/if_inet6")
LOCAL = re.compile(r"\|--\s+(\S+)\n\s+/32 host LOCAL")


def is_own(server: Server, live_addresses: Iterable[str] = ()) -> bool:
    """Tell whether this runs on that server; `live_addresses`: what the cloud says it has now."""
    if server.cloud_id in own_ids():
        return True
    theirs = {text for one in (*server.addresses, *live_addresses) if (text := _text(one))}
    return not theirs.isdisjoint(own_addresses())


def is_anything_known() -> bool:
    """Tell whether this machine would be recognised at all; a container sees nothing of it."""
    return bool(own_addresses() or own_ids())


def own_addresses() -> frozenset[str]:
    """Return the addresses of this machine that no other machine has."""
    named = [*settings.OWN_ADDRESSES, urlsplit(settings.PUBLIC_URL).hostname or ""]
    return frozenset(text for one in named if (text := _text(one))) | detected_addresses()


@cache
def own_ids() -> frozenset[str]:
    """Return the server ids that the cloud left on this machine's disk."""
    return frozenset(text for path in ID_FILES if (text := _read(path).strip()))


@cache
def detected_addresses() -> frozenset[str]:
    """Return the public addresses of this machine's interfaces.

    Private ones are left out: every tenant's network has a 192.168.0.10.
    """
    found = LOCAL.findall(_read(ROUTES))
    for line in _read(ROUTES_V6).splitlines():
        digits = line.split(maxsplit=1)[0]
        if len(digits) == 32:
            found.append(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)))
    return frozenset(
        text for one in found if (text := _text(one)) and ipaddress.ip_address(text).is_global
    )


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _text(address: str) -> str:
    """Return an address as it is compared, "" for a name."""
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        return ""
