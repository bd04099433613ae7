"""Which of our languages a person is answered in."""

from __future__ import annotations

SUPPORTED = ("en", "zh-hans", "zh-hant")
# Regions and scripts that write traditional characters; any other Chinese is simplified.
TRADITIONAL = {"hant", "tw", "hk", "mo"}


def from_tag(tag: str) -> str:
    """Return our language for an IETF tag such as `zh-TW`; empty when we do not speak it."""
    parts = tag.lower().replace("_", "-").split("-")
    if parts[0] == "zh":
        return "zh-hant" if TRADITIONAL & set(parts[1:]) else "zh-hans"
    return "en" if parts[0] == "en" else ""


def pick(chosen: str, client_tag: str, fallback: str) -> str:
    """Return the chosen language, else the client's where we speak it, else the bot's."""
    if chosen in SUPPORTED:
        return chosen
    return from_tag(client_tag) or fallback
