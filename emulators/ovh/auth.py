"""Who calls, and may they? Signed calls, OAuth2 bearers, access rules, IAM actions."""

import ipaddress
import re

from emulators.ovh.hosts import Host
from emulators.ovh.models import Account, Credential
from emulators.ovh.signature import WINDOW, is_signed, sign
from emulators.ovh.state import State
from emulators.ovh.wire import ApiError, Call, full_url


def invalid_key() -> ApiError:
    """An unknown application key; a stale time looks the same."""
    return ApiError(403, "This application key is invalid", code="INVALID_KEY")


def invalid_credential() -> ApiError:
    """An expired, refused or unaccepted consumer key."""
    return ApiError(403, "This credential is not valid", code="INVALID_CREDENTIAL")


def matches(pattern: str, path: str) -> bool:
    """A rule's path: `*` stands for anything, slashes too; without it only the path itself."""
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))
    return re.fullmatch(expression, path) is not None


def is_granted(credential: Credential, method: str, path: str) -> bool:
    """Some rule covers the call."""
    return any(
        rule["method"] == method and matches(rule["path"], path) for rule in credential.rules
    )


def find_credential(state: State, call: Call) -> Credential:
    """The consumer key of a correctly signed call, whatever its rules; raises ApiError."""
    application = state.applications.get((call.host.name, call.header("X-Ovh-Application")))
    if application is None:
        raise invalid_key()
    timestamp = call.header("X-Ovh-Timestamp")
    if not timestamp.isdigit() or abs(int(timestamp) - state.now()) > WINDOW:
        raise invalid_key()
    consumer_key = call.header("X-Ovh-Consumer")
    credential = state.credentials.get((call.host.name, consumer_key))
    if credential is None or credential.application_key != application.key:
        raise ApiError(403, "This credential does not exist", code="NOT_CREDENTIAL")
    expected = sign(
        application.secret, consumer_key, call.method, full_url(call.environ), call.body, timestamp
    )
    if not is_signed(call.header("X-Ovh-Signature"), expected):
        raise ApiError(400, "Invalid signature", code="INVALID_SIGNATURE")
    if credential.state(state.now()) != "validated":
        raise invalid_credential()
    check_address(credential, str(call.environ.get("REMOTE_ADDR", "127.0.0.1")))
    credential.last_use = state.now()
    return credential


def check_address(credential: Credential, address: str) -> None:
    """A key can be tied to networks."""
    if credential.allowed_ips is None:
        return
    caller = ipaddress.ip_address(address)
    if not any(caller in ipaddress.ip_network(cidr) for cidr in credential.allowed_ips):
        raise ApiError(403, "This IP address is not allowed", code="FORBIDDEN")


def authenticate(state: State, call: Call, action: str) -> Account:
    """The account behind a call to a route with this IAM action; raises ApiError."""
    bearer = call.header("Authorization")
    if bearer.startswith("Bearer "):
        return check_bearer(state, call, bearer.removeprefix("Bearer "), action)
    if not call.header("X-Ovh-Signature"):
        raise ApiError(401, "You must login first")
    credential = find_credential(state, call)
    if not is_granted(credential, call.method, call.path):
        raise ApiError(403, "This call has not been granted", code="NOT_GRANTED_CALL")
    return state.accounts[f"{call.host.name}/{credential.nichandle}"]


def check_bearer(state: State, call: Call, value: str, action: str) -> Account:
    """The account of an OAuth2 client that has the action."""
    token = state.tokens.get(value)
    client = state.clients.get((call.host.name, token.client_id)) if token else None
    if token is None or client is None or token.expires <= state.now():
        raise ApiError(401, "This token is not valid")
    name = iam_name(call.host, action)
    if not any(matches(granted, name) for granted in client.actions):
        details = {"unauthorizedActionsByIAM": name}
        raise ApiError(403, "User not granted for this request", details=details)
    return state.accounts[f"{call.host.name}/{client.nichandle}"]


def iam_name(host: Host, action: str) -> str:
    """`cart/get` and `me/get` with the prefix that the host uses."""
    if action.startswith("cart/"):
        return f"{host.order_action}{action.removeprefix('cart')}"
    return f"account:apiovh:{action}"
