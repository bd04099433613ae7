"""Routes below /me: the account, its payment method, its OAuth2 clients."""

from emulators.ovh.models import Account, ServiceClient
from emulators.ovh.state import State
from emulators.ovh.wire import ApiError, Call
from emulators.wsgi import Json

COUNTRIES = {"QC": "CA", "ASIA": "SG", "WE": "DE", "WS": "ES"}


def read(_state: State, call: Call) -> Json:
    """GET /me."""
    account = call.buyer
    market = call.host.markets[account.subsidiary]
    return {
        "nichandle": account.nichandle,
        "customerCode": account.nichandle.replace("-", "").upper(),
        "email": f"{account.nichandle}@example.com",
        "firstname": "Robin",
        "name": "Harbor",
        "country": COUNTRIES.get(account.subsidiary, account.subsidiary),
        "language": "en_GB",
        "legalform": account.legal_form,
        "ovhSubsidiary": account.subsidiary,
        "ovhCompany": "ovh",
        "currency": {"code": market.currency, "symbol": market.symbol},
        "state": account.state,
        "kycValidated": account.kyc_validated,
    }


def list_methods(_state: State, call: Call) -> list[int]:
    """GET /me/payment/method; `default` and `status` filter."""
    account = call.buyer
    if not account.method_status or call.query.get("default") == "false":
        return []
    if call.query.get("status") not in (None, account.method_status):
        return []
    return [account.method_id]


def read_method(_state: State, call: Call) -> Json:
    """GET /me/payment/method/{id}."""
    account = call.buyer
    if not account.method_status or int(call.arguments[0]) != account.method_id:
        raise ApiError(404, "This payment method does not exist")
    return show_method(account)


def show_method(account: Account) -> Json:
    """The preferred payment method."""
    return {
        "paymentMethodId": account.method_id,
        "paymentType": account.method_type,
        "status": account.method_status,
        "label": "************4242",
        "default": True,
        "expirationDate": "2029-01-31",
        "description": None,
    }


def create_client(state: State, call: Call) -> Json:
    """POST /me/api/oauth2/client: it may do nothing until a policy gives it actions."""
    if call.need("flow") != "CLIENT_CREDENTIALS":
        raise ApiError(400, "[flow] Invalid value")
    name = f"{call.host.name.upper()}.{state.secret(16)}"
    client = ServiceClient(
        call.host.name, name, state.secret(), call.buyer.nichandle, [], str(call.need("name"))
    )
    state.keep_client(client)
    return {"clientId": client.id, "clientSecret": client.secret}


def read_client(state: State, call: Call) -> Json:
    """GET /me/api/oauth2/client/{clientId}: `identity` goes into an IAM policy."""
    client = state.clients.get((call.host.name, call.arguments[0]))
    if client is None or client.nichandle != call.buyer.nichandle:
        raise ApiError(404, "This client does not exist")
    return {
        "clientId": client.id,
        "name": client.name,
        "flow": "CLIENT_CREDENTIALS",
        "callbackUrls": [],
        "identity": (
            f"urn:v1:{client.host}:identity:credential:{client.nichandle}/oauth2-{client.id}"
        ),
    }
