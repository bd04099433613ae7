"""What people outside the API do: stock moves, somebody signs up, accepts a key, books orders."""

import secrets
from dataclasses import dataclass
from typing import Any

from emulators.ovh.assortment import plans_of
from emulators.ovh.hosts import find_host
from emulators.ovh.lineup import MODELS
from emulators.ovh.models import Account, Application, Credential, Order, ServiceClient
from emulators.ovh.money import UNIT
from emulators.ovh.state import FIRST_CREDENTIAL, FIRST_METHOD, State
from emulators.ovh.stock import OUT, is_orderable
from emulators.ovh.world import DEMO, FULL_RULES, Keys
from emulators.wsgi import HttpError, Json

NAMES = {model.code for model in MODELS}


@dataclass(frozen=True, slots=True)
class ServiceKeys:
    """What a tenant types in to use a service account."""

    host: str
    client_id: str
    client_secret: str


def sell_out(state: State, host: str) -> None:
    """Take everything orderable off the shelf."""
    stock = state.stock(host)
    cells = [
        (fqn, datacenter)
        for fqn, states in stock.changed.items()
        for datacenter, availability in states.items()
        if availability and is_orderable(availability)
    ]
    for fqn, datacenter in cells:
        stock.set(fqn, datacenter, OUT)
        state.keep_stock(host, fqn)


def restock(state: State, host: str, count: int) -> list[tuple[str, str]]:
    """Fill random sold-out cells of the named plans."""
    stock = state.stock(host)
    cells = [
        (fqn, datacenter)
        for plan in plans_of(host).values()
        if plan.product in NAMES
        for fqn in stock.configurations(plan.code)
        for datacenter in plan.datacenters
        if stock.state(fqn, datacenter) == OUT
    ]
    picked = secrets.SystemRandom().sample(cells, min(count, len(cells)))
    for at, (fqn, datacenter) in enumerate(picked):
        stock.set(fqn, datacenter, "1H-low" if at % 2 else "1H-high")
        state.keep_stock(host, fqn)
    return picked


def check_code(host: str, code: str) -> None:
    """Raise ValueError unless the host sells a plan or an addon of this code."""
    plans = plans_of(find_host(host).name)
    if code not in plans and not any(plan.find(code) for plan in plans.values()):
        raise ValueError(f"no plan or addon {code!r} on {host}")


def add_account(
    state: State,
    host: str,
    subsidiary: str,
    rules: list[dict[str, str]] | None,
    method_status: str,
    more: dict[str, Any],
) -> Keys:
    """Sign somebody up; raises ValueError for a subsidiary of another host."""
    subsidiary = subsidiary or DEMO[host].subsidiary
    if find_host(host).market(subsidiary) is None:
        raise ValueError(f"{host} has no subsidiary {subsidiary!r}")
    number = state.number("account", 40001)
    nichandle = more.pop("nichandle", f"hd{number}-ovh")
    account = Account(host, nichandle, subsidiary, **more)
    account.method_status = method_status
    account.method_id = account.method_id or state.number("method", FIRST_METHOD)
    state.keep_account(account)
    application = Application(host, state.secret(16), state.secret(), "Application")
    state.keep_application(application)
    credential = Credential(
        state.number("credential", FIRST_CREDENTIAL),
        host,
        state.secret(),
        application.key,
        [dict(rule) for rule in (FULL_RULES if rules is None else rules)],
        state.secret(64),
        None,
        None,
        state.now(),
    )
    credential.status, credential.nichandle = "validated", nichandle
    state.keep_credential(credential)
    return Keys(
        host, application.key, application.secret, credential.consumer_key, nichandle, subsidiary
    )


def add_service_account(state: State, account: Account, actions: list[str]) -> ServiceKeys:
    """An OAuth2 client with a policy."""
    name = f"{account.host.upper()}.{state.secret(16)}"
    client = ServiceClient(account.host, name, state.secret(), account.nichandle, list(actions))
    state.keep_client(client)
    return ServiceKeys(client.host, client.id, client.secret)


def find_request(state: State, token: str) -> Credential:
    """A requested consumer key by its token; raises HttpError 404."""
    for credential in state.credentials.values():
        if secrets.compare_digest(credential.token.encode(), token.encode()):
            return credential
    raise HttpError(404, "This request does not exist")


def decide(state: State, token: str, validity: float | None, nichandle: str, *, allow: bool) -> str:
    """Accept or refuse; only once. Returns the redirection."""
    credential = find_request(state, token)
    if credential.status == "pendingValidation":
        credential.nichandle = nichandle or DEMO[credential.host].nichandle
        credential.status = "validated" if allow else "refused"
        if f"{credential.host}/{credential.nichandle}" not in state.accounts:
            raise HttpError(404, f"no account {credential.nichandle}")
        credential.expiration = None if validity is None else state.now() + validity
        state.keep_credential(credential)
    return credential.redirection or ""


def show_order(state: State, order: Order) -> Json:
    """One entry of the books; amounts as text in whole currency units."""
    servers: dict[int, Json] = {
        line.server: {
            "planCode": line.plan_code,
            "configuration": dict(line.configuration),
            "options": [],
            "serviceName": order.service_names[line.server],
        }
        for line in order.lines
        if not line.option
    }
    for line in order.lines:
        if line.option:
            servers[line.server]["options"].append(line.plan_code)
    return {
        "orderId": order.id,
        "cartId": order.cart_id,
        "nichandle": order.nichandle,
        "status": order.status(state.now()),
        "created": order.created,
        "paid": order.paid,
        "withoutTax": f"{order.without_tax / UNIT:.2f}",
        "withTax": f"{(order.without_tax + order.tax) / UNIT:.2f}",
        "servers": list(servers.values()),
        "retraction": order.retraction,
        "waived": order.waived,
    }
