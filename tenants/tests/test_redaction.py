"""What counts as a secret in a text, wherever texts are shown, logged or kept."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tenants.redaction import replaced, struck

TOKEN = "7100000001:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
KEY = "bh_live_0123456789_abcdefghijklmnopqrstuvwxyzABCDEF_012345"
HOOK = "/api/webhook/abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CART = "/order/cart/3f2b8c1e-0d4a-4b6f-9a70-5c1d2e3f4a5b"
ORDER = "https://www.ovh.com/cgi-bin/order/displayOrder.cgi?orderId=17&orderPassword=aB3dE5fG7h"
LINK = "/stop/eyJwIjo3fQ:1vOABC:abcdefghijklmnopqrstuvwxyz-0123456789_ABCDE"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            f"POST http://127.0.0.1:8001/telegram/bot{TOKEN}/sendMessage",
            "POST http://127.0.0.1:8001/telegram/bot7100000001:***/sendMessage",
        ),
        (f"token={TOKEN}", "token=7100000001:***"),
        (f"key {KEY}", "key bh_live_0123456789_***"),
        (f"key_{KEY}", "key_bh_live_0123456789_***"),
        (f"GET {HOOK}/ 200", "GET /api/webhook/***/ 200"),
        (f"GET {LINK}/ 200", "GET /stop/eyJwIjo3fQ:1vOABC:***/ 200"),
        (
            f'"POST /1.0{CART}/assign HTTP/1.1" 200',
            '"POST /1.0/order/cart/***/assign HTTP/1.1" 200',
        ),
        (f"pay at {ORDER} now", f"pay at {ORDER.rpartition('=')[0]}=*** now"),
        (f"pay at {ORDER}&x=1", f"pay at {ORDER.rpartition('=')[0]}=***&x=1"),
        (f"{TOKEN} and {KEY}", "7100000001:*** and bh_live_0123456789_***"),
    ],
)
def test_secrets_are_struck_out_and_their_owners_still_named(text: str, shown: str) -> None:
    assert struck(text) == shown


@pytest.mark.parametrize(
    "text",
    ["at 12:30:45", "10245:short", "/api/webhook/", "bh_live_none", "/order/cart/*/checkout"],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert struck(text) == replaced(text, lambda secret: "mark") == text


@pytest.mark.parametrize("secret", [TOKEN, KEY, HOOK])
def test_a_secret_can_be_replaced_as_a_whole(secret: str) -> None:
    assert replaced(f"old {secret} new", lambda found: f"<{len(found)}>") == (
        f"old <{len(secret)}> new"
    )


def test_the_logs_patterns_cost_no_import_of_django() -> None:
    code = "import sys, tenants.redaction; sys.exit('django' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - our own words
    assert asked.returncode == 0
