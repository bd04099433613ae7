"""Which IP addresses are a public host's, and nobody's inner network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# Python 3.11's `is_global` follows the IANA registry but for these (checked on 3.11.7): a cloud
# provider's host agent, the 6to4 relays, and the exceptions inside 192.0.0.0/24.
REFUSED_V4 = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
# protocol assignments with Teredo, documentation, 6to4: some carry an IPv4 address of the sender's
REFUSED_V6 = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
# RFC 6052: hosts behind NAT64 know the IPv4 internet under this prefix
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: str) -> bool:
    """Tell whether a numeric address is a host on the public internet; False for no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _v4(parsed) if isinstance(parsed, IPv4Address) else _v6(parsed)


def _v4(address: IPv4Address) -> bool:
    # is_global is False for CGNAT (100.64.0.0/10), which is_private does not name
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in REFUSED_V4)
    )


def _v6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return _v4(address.ipv4_mapped)
    if address in NAT64:
        return _v4(IPv4Address(int(address) & 0xFFFFFFFF))
    if (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        return False
    return (
        address in GLOBAL_UNICAST
        and address.is_global
        and not any(address in network for network in REFUSED_V6)
    )
