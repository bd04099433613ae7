"""`python -m emulators --port P --data-dir D`: all emulators in one process."""

import argparse
import signal
import sys
from pathlib import Path

from emulators.serve import Server, build

STOP = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="emulators", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--data-dir", type=Path, default=None)
    options = parser.parse_args()
    # waited for below; blocked before any thread starts, so that no other thread takes them
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    app = build(options.data_dir)
    if app.telegram.is_new:
        app.telegram.announce_memberships()
    try:
        listening = Server(app, options.port)
    except OSError as error:
        app.close()
        sys.stderr.write(f"Port {options.port} cannot be used: {error.strerror}\n")
        return 1
    with listening as server:
        sys.stdout.write(f"Emulators are ready at {server.url}\n")
        sys.stdout.flush()
        signal.sigwait(STOP)
        app.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
