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
