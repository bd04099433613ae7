"""Keeps secrets out of the logs."""

import logging
from typing import Any

from tenants.redaction import struck


class StrikeSecrets(logging.Filter):
    """Strikes secrets out of each record, its arguments and its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always let it pass."""
        record.msg = struck(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = struck(logging.Formatter().formatException(record.exc_info))
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
        # they log whole URLs, and those of the Bot API and of OVH's carts are secrets
        "loggers": {
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            # two lines a task would bury everything else: beat ticks every second
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }
