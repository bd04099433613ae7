"""No secret reaches a log line."""

from __future__ import annotations

import logging

import pytest

from config.logs import StrikeSecrets, strike

TOKEN = "7100000001:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"


@pytest.mark.parametrize(
    "text",
    [
        f"POST http://127.0.0.1:8001/telegram/bot{TOKEN}/sendMessage",
        f"token={TOKEN}",
        TOKEN,
        "key bh_live_0123456789_abcdefghijklmnopqrstuvwxyzABCDEF_012345",
        "GET /api/webhook/abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG/ 200",
    ],
)
def test_tokens_keys_and_webhook_addresses_are_struck_out(text: str) -> None:
    struck = strike(text)
    assert "***" in struck
    assert "AAbbCC" not in struck
    assert "klmnopqrst" not in struck


def test_a_traceback_is_struck_too() -> None:
    error = ValueError(f"https://api.telegram.org/bot{TOKEN}/getMe")
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "failed: %s", (TOKEN,), (type(error), error, None)
    )
    assert StrikeSecrets().filter(record)
    line = logging.Formatter("%(message)s").format(record)
    assert "AAbbCC" not in line
    assert "7100000001:***" in line
