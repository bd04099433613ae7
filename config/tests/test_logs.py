"""No secret reaches a log line."""

from __future__ import annotations

import logging

import pytest

from config.logs import StrikeSecrets

TOKEN = "7100000001:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"


@pytest.mark.parametrize("argument", [TOKEN, f"http://127.0.0.1/bot{TOKEN}/getMe"])
def test_a_line_is_struck_after_its_arguments_are_in_it(argument: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "asked %s", (argument,), None)
    assert StrikeSecrets().filter(record)
    assert "7100000001:***" in record.getMessage()
    assert "AAbbCC" not in record.getMessage()


def test_a_traceback_is_struck_too() -> None:
    error = ValueError(f"https://api.telegram.org/bot{TOKEN}/getMe")
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "failed: %s", (TOKEN,), (type(error), error, None)
    )
    assert StrikeSecrets().filter(record)
    line = logging.Formatter("%(message)s").format(record)
    assert "AAbbCC" not in line
    assert "7100000001:***" in line


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "urllib3.connectionpool"])
def test_no_library_logs_the_addresses_that_it_calls_whatever_the_level(
    caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger(name).debug("POST /1.0/order/cart/3f2b8c1e/assign")
    logging.getLogger(name).info("POST /1.0/order/cart/3f2b8c1e/assign")
    assert caplog.text == ""
