"""Keeps secrets out of the logs."""

import logging
import re
from typing import Any

# A bot token is `<bot id>:<about 35 characters>`; Bot API URLs hold it after `/bot`.
# no \b: in `/bot123:…` there is no word boundary before the digits
BOT_TOKEN = re.compile(r"(?<!\d)(\d{5,}):[A-Za-z0-9_-]{30,}")
API_KEY = re.compile(r"\b(bh_live_[0-9A-Za-z]{10})_[0-9A-Za-z_]+")
# the path segment of a webhook is as good as a password
HOOK = re.compile(r"(/api/webhook/)[A-Za-z0-9_-]{20,}")


def strike(text: str) -> str:
    """Return the text with bot tokens, API keys and webhook addresses struck out."""
    text = BOT_TOKEN.sub(r"\1:***", text)
    text = API_KEY.sub(r"\1_***", text)
    return HOOK.sub(r"\1***", text)


class StrikeSecrets(logging.Filter):
    """Strikes secrets out of each record, its arguments and its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always let it pass."""
        record.msg = strike(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = strike(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


def logging_settings(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: one line an event on stdout."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"secrets": {"()": "config.logs.StrikeSecrets"}},
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["secrets"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        # httpx logs whole URLs at INFO, and a Bot API URL holds the token
        "loggers": {
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            # two lines a task would bury everything else: beat ticks every second
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }
