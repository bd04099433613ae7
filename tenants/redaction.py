"""Finds secrets in texts: bot tokens, our API keys, webhook addresses, signed links, OVH orders.

Knows nothing of Django: the settings need it for the logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Each pattern has what may be shown before the secret (`shown`) and the secret part itself.
SECRETS = (
    # A bot token is `<bot id>:<about 35 characters>`. A Bot API address holds it right behind
    # `/bot`, so no word boundary can be asked for in front of the digits.
    re.compile(r"(?P<shown>(?<!\d)\d{5,}:)[A-Za-z0-9_-]{30,}"),
    re.compile(r"(?P<shown>bh_live_[0-9A-Za-z]{10}_)[0-9A-Za-z_]+"),
    # the last path segment of a webhook's address is as good as a password
    re.compile(r"(?P<shown>/api/webhook/)[A-Za-z0-9_-]{20,}"),
    # the signature of django.core.signing, in links that act for whoever opens them: without it
    # they open nothing
    re.compile(r"(?P<shown>(?::|%3A)[A-Za-z0-9]{6}(?::|%3A))[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"),
    # whoever knows these two pays for an order at OVH, or looks into a cart
    re.compile(r"(?P<shown>orderPassword=)[^&\s\"'<>]+"),
    re.compile(r"(?P<shown>/order/cart/)[0-9A-Fa-f-]{32,}"),
)


def struck(text: str) -> str:
    """Return the text with each secret struck out; which bot or key it was can still be seen."""
    for pattern in SECRETS:
        text = pattern.sub(r"\g<shown>***", text)
    return text


def replaced(text: str, mark: Callable[[str], str]) -> str:
    """Return the text with each secret replaced as a whole by what `mark` makes of it."""
    for pattern in SECRETS:
        text = pattern.sub(lambda found: mark(found.group()), text)
    return text
