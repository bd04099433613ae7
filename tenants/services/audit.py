"""Notes who did what: every act on secrets, bots, members and draws leaves a row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied

from tenants import blind_index, redaction, scoping
from tenants.models import ApiKey, AuditEvent

if TYPE_CHECKING:
    from django.db.models import Model

# A detail of one of these names is never stored as it is, only its fingerprint.
SECRET_NAME = re.compile(r"token|secret|password|passphrase|api_?key|private|credential|mnemonic")


@dataclass(frozen=True)
class Actor:
    """Who acts, as an audit row keeps it: readable also after the user is gone."""

    kind: str
    name: str = ""
    user_id: int | None = None
    ip: str | None = None

    @classmethod
    def from_request(cls, request: Any) -> Self:
        """Return the API key, member or operator behind a Django or REST framework request."""
        ip = client_ip(request)
        key = getattr(request, "auth", None)
        if isinstance(key, ApiKey):
            return cls(AuditEvent.Actor.API_KEY, str(key), key.created_by_id, ip)
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return cls(AuditEvent.Actor.SYSTEM, ip=ip)
        # an operator sees every tenant only under the admin's prefix
        kind = AuditEvent.Actor.OPERATOR if scoping.is_unscoped() else AuditEvent.Actor.USER
        return cls(kind, user.email, user.pk, ip)

    @classmethod
    def system(cls) -> Self:
        """Return the actor for work that nobody asked for: tasks and commands."""
        return cls(AuditEvent.Actor.SYSTEM)

    @classmethod
    def api_key(cls, key: ApiKey) -> Self:
        """Return the actor for a program that shows a key."""
        return cls(AuditEvent.Actor.API_KEY, str(key), key.created_by_id)


def client_ip(request: Any) -> str | None:
    """Return the caller's address; ALLAUTH_TRUSTED_PROXY_COUNT says whose word counts."""
    try:
        ip: str = get_adapter().get_client_ip(request)
    except PermissionDenied:  # allauth's word for "cannot tell"
        return None
    return ip


def record(action: str, *, actor: Actor, target: Model | None = None, **detail: Any) -> AuditEvent:
    """Write an audit event into the open scope, in the caller's transaction.

    `action` is `<noun>.<past verb>` ("api_key.created"); `detail` must not be needed to act again:
    secrets in it are replaced by a fingerprint that shows only whether two are the same.

    Raises:
        ScopeError: no tenant's scope is open.
    """
    event: AuditEvent = AuditEvent.objects.create(
        actor_kind=actor.kind,
        actor_name=actor.name[:150],
        user_id=actor.user_id,
        ip=actor.ip,
        action=action,
        object_type=target._meta.label_lower[:40] if target else "",
        object_id=str(getattr(target, "public_id", None) or target.pk)[:40] if target else "",
        object_name=_without_secrets("", str(target))[:120] if target else "",
        detail={name: _without_secrets(name, value) for name, value in detail.items()},
    )
    return event


def _without_secrets(name: str, value: Any) -> Any:
    """Return the value as JSON can hold it, with secrets replaced by fingerprints."""
    if isinstance(value, dict):
        return {str(key): _without_secrets(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(name, inner) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if SECRET_NAME.search(name.lower()):
        return fingerprint(str(value))
    if isinstance(value, int | float):
        return value
    return redaction.replaced(str(value), fingerprint)


def fingerprint(secret: str) -> str:
    """Return a short mark of a secret: equal secrets have equal marks, nothing leads back."""
    return f"fingerprint {blind_index.fingerprint('audit', secret).hex()[:12]}"
