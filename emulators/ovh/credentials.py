"""Routes below /auth: the time, consumer keys; and the OAuth2 token endpoint."""

import base64
import binascii
import ipaddress
import secrets
from typing import Any
from urllib.parse import parse_qsl

from emulators.ovh.auth import find_credential, invalid_key
from emulators.ovh.models import Credential, Token
from emulators.ovh.state import FIRST_CREDENTIAL, State
from emulators.ovh.wire import ApiError, Call
from emulators.wsgi import Json, origin

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
TOKEN_SECONDS = 3600


def time(state: State, _call: Call) -> int:
    """GET /auth/time: seconds since 1970."""
    return int(state.now())


def request_key(state: State, call: Call) -> Json:
    """POST /auth/credential: a consumer key that somebody must accept."""
    application = state.applications.get((call.host.name, call.header("X-Ovh-Application")))
    if application is None:
        raise invalid_key()
    credential = Credential(
        state.number("credential", FIRST_CREDENTIAL),
        call.host.name,
        state.secret(),
        application.key,
        read_rules(call.need("accessRules")),
        state.secret(64),
        call.values.get("redirection") or None,
        read_networks(call.values.get("allowedIPs")),
        state.now(),
    )
    state.keep_credential(credential)
    base = call.environ.get("SCRIPT_NAME", "")
    page = f"{origin(call.environ)}{base}/{call.host.name}/auth/?credentialToken={credential.token}"
    return {
        "consumerKey": credential.consumer_key,
        "state": credential.status,
        "validationUrl": page,
    }


def read_rules(given: Any) -> list[dict[str, str]]:
    """Checked access rules; raises ApiError 400."""
    rules = []
    for rule in given if isinstance(given, list) and given else [None]:
        method = rule.get("method") if isinstance(rule, dict) else None
        path = rule.get("path") if isinstance(rule, dict) else None
        if method not in METHODS or not isinstance(path, str) or not path.startswith("/"):
            raise ApiError(400, "[accessRules] Invalid rule", code="INVALID_PARAMETER")
        rules.append({"method": str(method), "path": path})
    return rules


def read_networks(given: Any) -> list[str] | None:
    """Checked networks; raises ApiError 400."""
    if not given:
        return None
    try:
        return [str(ipaddress.ip_network(cidr, strict=False)) for cidr in given]
    except (ValueError, TypeError) as error:
        raise ApiError(400, "[allowedIPs] Invalid network") from error


def current(state: State, call: Call) -> Json:
    """GET /auth/currentCredential: any valid key may read its own state; no rule is needed."""
    credential = find_credential(state, call)
    date = call.host.date
    return {
        "credentialId": credential.id,
        "applicationId": sum(credential.application_key.encode()),
        "status": credential.state(state.now()),
        "creation": date(credential.created),
        "expiration": None if credential.expiration is None else date(credential.expiration),
        "lastUse": None if credential.last_use is None else date(credential.last_use),
        "rules": credential.rules,
        "allowedIPs": credential.allowed_ips,
        "ovhSupport": False,
    }


def logout(state: State, call: Call) -> None:
    """POST /auth/logout: the key is worth nothing from now on."""
    credential = find_credential(state, call)
    credential.expiration = state.now()
    state.keep_credential(credential)


class TokenError(ApiError):
    """A refusal in the shape of RFC 6749, 5.2."""

    def as_json(self) -> Json:
        return {"error": self.message}


def issue_token(state: State, call: Call) -> Json:
    """POST /auth/oauth2/token with the client credentials grant (RFC 6749, 4.4)."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    given = form.get("client_id", ""), form.get("client_secret", "")
    name, secret = basic(call.header("Authorization")) or given
    client = state.clients.get((call.host.name, name))
    if client is None or not secrets.compare_digest(client.secret.encode(), secret.encode()):
        raise TokenError(401, "invalid_client")
    if form.get("grant_type") != "client_credentials":
        raise TokenError(400, "unsupported_grant_type")
    token = Token(state.secret(64), client.id, state.now() + TOKEN_SECONDS)
    state.keep_token(token)
    return {
        "access_token": token.value,
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": "all",
    }


def basic(header: str) -> tuple[str, str] | None:
    """Name and password of HTTP Basic."""
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
