"""Asks the web process how it is until it is well."""

import http.client
import json
import threading

from config.preflight import HOST

TRY_EVERY = 0.5  # seconds
Answer = tuple[int, bytes]


def answer(path: str, port: int) -> Answer | None:
    """Return status and body of a GET on this machine; None if nothing answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Readiness:
    """Watches `/health/` from a thread of its own, so that a slow answer holds up nobody."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.latest: Answer | None = None
        self._done = threading.Event()
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        while not self._done.wait(TRY_EVERY):
            self.latest = answer("/health/", self.port)
            if self.reached():
                return

    def reached(self) -> bool:
        """Tell whether all checks are content."""
        return self.latest is not None and self.latest[0] == 200

    def close(self) -> None:
        """Ask no more."""
        self._done.set()

    def __str__(self) -> str:
        """Say in one line why we are not ready."""
        if self.latest is None:
            return "the web process does not answer yet."
        status, body = self.latest
        try:
            checks = json.dumps(json.loads(body)["checks"], ensure_ascii=False)
        except (ValueError, KeyError, TypeError):
            return f"/health/ answers {status}."
        return f"/health/ answers {status}: {checks}"
