"""Asks /health/ for Docker: `healthcheck.py [CHECK] [URL]`, status 0 when well.

With CHECK (for example `worker`) only that check counts. Standard library only.
"""

import json
import sys
import urllib.error
import urllib.request


def main(check: str = "", url: str = "http://127.0.0.1:8000/health/") -> int:
    """Return the exit status that Docker reads: 0 is well, 1 is not."""
    try:
        with urllib.request.urlopen(url, timeout=8) as response:  # noqa: S310 - our own http address
            body = response.read()
            healthy = response.status == 200
    except urllib.error.HTTPError as error:
        body, healthy = error.read(), False
    except OSError as error:
        sys.stdout.write(f"{url} does not answer: {error}\n")
        return 1
    sys.stdout.write(body.decode(errors="replace") + "\n")
    if not check:
        return int(not healthy)
    try:
        return int(json.loads(body)["checks"][check] != "ok")
    except (ValueError, KeyError, TypeError):
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
