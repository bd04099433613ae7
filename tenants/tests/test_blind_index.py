"""Fingerprints of secrets."""

import hashlib

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from tenants.blind_index import fingerprint


def test_it_is_hmac_sha256_of_purpose_zero_value(settings: Settings) -> None:
    settings.BLIND_INDEX_KEY = "index key"
    # RFC 2104 written out
    key = b"index key".ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key) + b"bot-token\x00value").digest()
    expected = hashlib.sha256(bytes(b ^ 0x5C for b in key) + inner).digest()
    assert fingerprint("bot-token", "value") == expected


def test_purpose_and_key_separate(settings: Settings) -> None:
    first = fingerprint("bot-token", "value")
    assert fingerprint("bot-token", "value") == first
    assert fingerprint("email", "value") != first
    settings.BLIND_INDEX_KEY = "another"
    assert fingerprint("bot-token", "value") != first


def test_encryption_keys_do_not_matter(settings: Settings) -> None:
    first = fingerprint("bot-token", "value")
    settings.FIELD_ENCRYPTION_KEY = []
    assert fingerprint("bot-token", "value") == first


@pytest.mark.parametrize("purpose", ["", "a\0b"])
def test_an_ambiguous_purpose_is_refused(purpose: str) -> None:
    with pytest.raises(ValueError, match="purpose"):
        fingerprint(purpose, "value")


def test_a_missing_key_is_said(settings: Settings) -> None:
    settings.BLIND_INDEX_KEY = ""
    with pytest.raises(ImproperlyConfigured, match="BLIND_INDEX_KEY"):
        fingerprint("bot-token", "value")
