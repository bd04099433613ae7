"""`python -m emulators --port P --data-dir D`: all emulators in one process."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from emulators.serve import Server, build


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="emulators", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--data-dir", type=Path, default=None)
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app = build(options.data_dir)
    try:
        listening = Server(app, options.port)
    except OSError as error:
        app.close()
        sys.stderr.write(f"Port {options.port} cannot be used: {error.strerror}\n")
        return 1
    with listening as server:
        sys.stdout.write(f"Emulators are ready at {server.url}\n")
        sys.stdout.flush()
        stop.wait()
        app.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
