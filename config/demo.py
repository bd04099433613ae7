"""The demo's log-ins: well known where only this machine reaches us, else made for it alone."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from tenants.models import User

USER, OPERATOR = "demo@botharbor.example", "operator@botharbor.example"
# whoever read this knows them
WELL_KNOWN = {USER: "harbor-demo-2026", OPERATOR: "harbor-operator-2026"}
FILE = "demo-passwords.json"


def passwords() -> dict[str, str]:
    """Return the password of each log-in, by address.

    Random ones are made once, and stay when the address becomes a local one again.
    """
    path = Path(settings.DATA_DIR) / FILE
    if not path.exists():
        if settings.LOOPBACK_ONLY:
            return WELL_KNOWN
        _make(path)
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def _make(path: Path) -> None:
    """Keep random passwords; the file appears whole or not at all, and is never replaced."""
    draft = path.with_name(f"{FILE}.{os.getpid()}")
    # of a run that was killed: in a container every start may have the same number
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump({address: secrets.token_urlsafe(15) for address in WELL_KNOWN}, file)
    try:
        # another run may have been faster: then its passwords count
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def close_well_known(wanted: Mapping[str, str | None], using: str = "default") -> list[str]:
    """Give the log-ins that still have a well-known password the wanted one; ends their sessions.

    None is no password at all. Somebody who chose a password keeps it. Returns the addresses of
    those that were changed.
    """
    closed = []
    for user in User.objects.using(using).filter(email__in=WELL_KNOWN):
        known = WELL_KNOWN[user.email]
        if wanted[user.email] == known or not user.has_usable_password():
            continue
        if user.check_password(known):
            user.set_password(wanted[user.email])
            user.save(using=using, update_fields=["password"])
            closed.append(user.email)
    return closed


def close_in_production(using: str = "default", **kwargs: Any) -> None:
    """Leave no well-known password to a demo that became production; for post_migrate."""
    # migrating back to nothing ends here, too
    if not settings.PRODUCTION or not _has_users(using):
        return
    out = kwargs.get("stdout") or sys.stdout
    for address in close_well_known(dict.fromkeys(WELL_KNOWN), using):
        out.write(
            f"{address} had the demo's published password and has none any more: give it one with "
            f"`manage.py changepassword {address}`, or delete it.\n"
        )


def _has_users(using: str) -> bool:
    return User._meta.db_table in connections[using].introspection.table_names()
