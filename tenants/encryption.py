"""The keys of FIELD_ENCRYPTION_KEYS: the first encrypts, each of them decrypts.

django-encrypted-model-fields builds its crypter when it is imported and keeps it. Here the setting
is read at each use, so that malformed keys are a check's finding (tenants.E002) in place of a
traceback at start-up, and `override_settings` works.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class DecryptionError(Exception):
    """No key opens a stored value, or somebody changed it; says where it is, never what it is."""


class KeyRing:
    """Fernet keys in order of age, newest first. Raises ValueError for anything malformed."""

    def __init__(self, keys: tuple[str | bytes, ...]) -> None:
        if not keys:
            raise ValueError("FIELD_ENCRYPTION_KEYS is empty.")
        fernets = []
        for number, key in enumerate(keys, start=1):
            try:
                fernets.append(Fernet(key))
            except (ValueError, TypeError, AttributeError):
                raise ValueError(
                    f"FIELD_ENCRYPTION_KEYS: key {number} of {len(keys)} is not a Fernet key "
                    "(32 bytes in URL-safe base64, 44 characters)."
                ) from None
        self._first = fernets[0]
        self._all = MultiFernet(fernets)

    def encrypt(self, text: str) -> str:
        """Return a text's token under the first key. Raises UnicodeEncodeError for surrogates."""
        return self._first.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str, *, where: str) -> str:
        """Return the text in a token.

        Raises:
            DecryptionError: naming `where`; the token is tampered with or no key of ours made it.
        """
        try:
            return self._all.decrypt(token.encode()).decode()
        except (InvalidToken, UnicodeError):
            raise DecryptionError(
                f"{where}: no key of FIELD_ENCRYPTION_KEYS opens a stored value."
            ) from None

    def is_current(self, token: str) -> bool:
        """Tell whether the first key made the token."""
        try:
            self._first.decrypt(token.encode())
        except (InvalidToken, UnicodeError):
            return False
        return True

    def renew(self, token: str) -> str | None:
        """Return the token under the first key, None if no key opens it; its time stays."""
        try:
            return self._all.rotate(token.encode()).decode("ascii")
        except (InvalidToken, UnicodeError):
            return None


@lru_cache(maxsize=4)
def _build(keys: tuple[str | bytes, ...]) -> KeyRing:
    return KeyRing(keys)


def ring() -> KeyRing:
    """Return the key ring of the settings of this moment.

    Raises:
        ImproperlyConfigured: a key is missing or malformed (its number is named, not its text).
    """
    keys: Any = getattr(settings, "FIELD_ENCRYPTION_KEY", None) or ()
    try:
        return _build((keys,) if isinstance(keys, str | bytes) else tuple(keys))
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from None


class _CurrentKeys:
    """Stands where the library keeps its crypter, so that its own helpers follow the setting."""

    def encrypt(self, message: bytes) -> bytes:
        return ring().encrypt(message.decode()).encode()

    def decrypt(self, token: bytes) -> bytes:
        return ring().decrypt(token.decode(), where="encrypted_model_fields").encode()


def load_library() -> Any:
    """Import encrypted_model_fields.fields whatever the keys look like, and hand it ours."""
    keys = getattr(settings, "FIELD_ENCRYPTION_KEY", None)
    settings.FIELD_ENCRYPTION_KEY = Fernet.generate_key()  # for its import only, never encrypts
    try:
        library: Any = import_module("encrypted_model_fields.fields")
    finally:
        settings.FIELD_ENCRYPTION_KEY = keys
    library.CRYPTER = _CurrentKeys()
    return library
