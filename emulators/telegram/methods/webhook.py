"""setWebhook and its relatives, with the real server's rules (telegram.md 1.2, 1.3)."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from emulators.telegram.call import Call, Result
from emulators.telegram.errors import bad, flood
from emulators.telegram.markup import LOOPBACK
from emulators.telegram.models import Webhook
from emulators.telegram.updates import read_allowed
from emulators.wsgi import Json

PORTS = (80, 88, 443, 8443)
SECRET = re.compile(r"[A-Za-z0-9_-]*")
MAX_CERTIFICATE = 3 * 1024 * 1024


def check_url(url: str) -> None:
    """Raises ApiError 400. Plain http and any port are fine for this machine only."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise bad("invalid webhook URL specified") from error
    host = parts.hostname or ""
    if not host or parts.scheme not in ("http", "https"):
        raise bad("invalid webhook URL specified")
    if host in LOOPBACK:
        return
    if parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if (port or 443) not in PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    check_address(host)


def check_address(host: str) -> None:
    """Addresses that are not public are refused; names are resolved only for a delivery."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if not address.is_global:
        raise bad(f"bad webhook: IP address {host} is reserved")


def read_secret(call: Call) -> str:
    """The secret token; none given means none from now on."""
    secret = call.params.text("secret_token")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    return secret


def new_webhook(call: Call, url: str) -> Webhook:
    """The checked settings of a call."""
    secret = read_secret(call)
    check_url(url)
    connections = call.params.integer("max_connections", 40)
    certificate = call.params.upload("certificate")
    if certificate is not None and len(certificate.data) > MAX_CERTIFICATE:
        raise bad("certificate size is too big")
    address = call.params.text("ip_address")
    if address and address not in LOOPBACK:
        check_address(address)
    return Webhook(
        url=url,
        secret=secret,
        max_connections=max(1, min(100, connections)) if connections else 40,
        ip_address=address,
        has_certificate=certificate is not None,
    )


def set_webhook(call: Call) -> Result:
    """setWebhook."""
    url = call.params.text("url").strip()
    if not url:
        return delete_webhook(call)
    bot, state = call.bot, call.state
    if not state.limits.may_set_webhook(bot.id):
        raise flood(1)
    hook = new_webhook(call, url)
    if call.params.has("allowed_updates"):
        names = call.params.json("allowed_updates", "can't parse allowed_updates JSON object")
        bot.allowed_updates = read_allowed(names)
    if call.params.flag("drop_pending_updates"):
        state.clear_updates(bot)
    old = bot.webhook
    same = old is not None and (old.url, old.secret, old.max_connections, old.ip_address) == (
        hook.url,
        hook.secret,
        hook.max_connections,
        hook.ip_address,
    )
    if not same or hook.has_certificate:
        bot.webhook = hook
        state.boxes[bot.id].rebuild()
    state.keep_bot(bot)
    state.polls.end(bot.id, "terminated by setWebhook request")
    state.on_update(bot)
    return Result(value=True, description=f"Webhook {'is already' if same else 'was'} set")


def delete_webhook(call: Call) -> Result:
    """deleteWebhook: fine also when none is set."""
    bot, state = call.bot, call.state
    had = bot.webhook is not None
    bot.webhook = None
    if call.params.flag("drop_pending_updates"):
        state.clear_updates(bot)
    state.boxes[bot.id].rebuild()
    state.keep_bot(bot)
    return Result(value=True, description=f"Webhook {'was' if had else 'is already'} deleted")


def webhook_info(call: Call) -> Json:
    """getWebhookInfo."""
    bot, hook = call.bot, call.bot.webhook
    info: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": bool(hook and hook.has_certificate),
        "pending_update_count": len(call.state.pending(bot)),
    }
    if hook is not None:
        info["max_connections"] = hook.max_connections
        if hook.ip_address:
            info["ip_address"] = hook.ip_address
        if hook.last_error_date:
            info["last_error_date"] = hook.last_error_date
            info["last_error_message"] = hook.last_error_message
    if bot.allowed_updates is not None:
        info["allowed_updates"] = bot.allowed_updates
    return info


METHODS: dict[str, Any] = {
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": webhook_info,
}
