"""The world a newcomer finds. All keys are public and open nothing but this emulator."""
# ruff: noqa: S105 - see above

from dataclasses import dataclass

from emulators.ovh.models import Account, Application, Credential, ServiceClient
from emulators.ovh.money import ucents
from emulators.ovh.pricing import SETUP, Promotion
from emulators.ovh.state import State

FULL_RULES = [{"method": method, "path": "/*"} for method in ("GET", "POST", "PUT", "DELETE")]


@dataclass(frozen=True, slots=True)
class Keys:
    """What a tenant types in to use an account."""

    host: str
    application_key: str
    application_secret: str
    consumer_key: str
    nichandle: str
    subsidiary: str


# eu
DEMO_APPLICATION_KEY = "harborDemoEu0001"
DEMO_APPLICATION_SECRET = "harborDemoEuSecret00000000000001"
DEMO_CONSUMER_KEY = "harborDemoEuConsumer000000000001"
# ca
DEMO_CA_APPLICATION_KEY = "harborDemoCa0001"
DEMO_CA_APPLICATION_SECRET = "harborDemoCaSecret00000000000001"
DEMO_CA_CONSUMER_KEY = "harborDemoCaConsumer000000000001"
# us, without a payment method
DEMO_US_APPLICATION_KEY = "harborDemoUs0001"
DEMO_US_APPLICATION_SECRET = "harborDemoUsSecret00000000000001"
DEMO_US_CONSUMER_KEY = "harborDemoUsConsumer000000000001"
# eu, a service account
DEMO_CLIENT_ID = "EU.harborDemo0001"
DEMO_CLIENT_SECRET = "harborDemoClientSecret0000000001"

DEMO = {
    "eu": Keys(
        "eu",
        DEMO_APPLICATION_KEY,
        DEMO_APPLICATION_SECRET,
        DEMO_CONSUMER_KEY,
        "hd10001-ovh",
        "FR",
    ),
    "ca": Keys(
        "ca",
        DEMO_CA_APPLICATION_KEY,
        DEMO_CA_APPLICATION_SECRET,
        DEMO_CA_CONSUMER_KEY,
        "hd20001-ovh",
        "QC",
    ),
    "us": Keys(
        "us",
        DEMO_US_APPLICATION_KEY,
        DEMO_US_APPLICATION_SECRET,
        DEMO_US_CONSUMER_KEY,
        "hd30001-ovh",
        "US",
    ),
}
METHODS = {"eu": 900000123, "ca": 900000124}

# the only servers that can be had at the start, and slowly
SLOW = (
    ("eu", "24sys012", "sbg", "72H"),
    ("eu", "26adv01", "gra", "72H"),
    ("eu", "27rise03", "eu-west-par-a", "comingSoon"),
    ("ca", "24sys012", "bhs", "72H"),
    ("us", "25rise01-us", "vin", "72H"),
)
VPS = "vps-2027-model2"
VPS_PLACES = {
    "eu": {"eu-west-gra": "GRA", "eu-west-sbg": "SBG"},
    "ca": {"ca-east-bhs": "BHS", "ap-southeast-sgp": "SGP"},
    "us": {"us-east-vin": "US-EAST-VIN", "us-west-hil": "US-WEST-HIL"},
}


def populate(state: State) -> None:
    """Fill an empty state."""
    for number, keys in enumerate(DEMO.values(), 55120001):
        method = METHODS.get(keys.host, 0)
        account = Account(keys.host, keys.nichandle, keys.subsidiary, method)
        account.method_status = "VALID" if method else ""
        state.keep_account(account)
        state.keep_application(
            Application(keys.host, keys.application_key, keys.application_secret, "Botharbor demo")
        )
        credential = Credential(
            number,
            keys.host,
            keys.consumer_key,
            keys.application_key,
            [dict(rule) for rule in FULL_RULES],
            f"demoToken{number}",
            None,
            None,
            state.clock.time(),
        )
        credential.status, credential.nichandle = "validated", keys.nichandle
        state.keep_credential(credential)
    demo = DEMO["eu"]
    state.keep_client(
        ServiceClient(
            "eu", DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, demo.nichandle, ["*"], "Botharbor demo"
        )
    )
    for host, plan_code, datacenter, availability in SLOW:
        for fqn in state.stock(host).configurations(plan_code):
            state.stock(host).set(fqn, datacenter, availability)
            state.keep_stock(host, fqn)
    state.keep_promotion(
        Promotion("us", "27rise03-v1-us", SETUP, ucents(0), "Setup offered", "No setup fee")
    )
    for host, places in VPS_PLACES.items():
        state.keep_vps(
            host,
            VPS,
            [
                {
                    "datacenter": code,
                    "code": name,
                    "status": "out-of-stock",
                    "linuxStatus": "out-of-stock",
                    "windowsStatus": "out-of-stock",
                    "daysBeforeDelivery": 0,
                }
                for name, code in places.items()
            ],
        )
