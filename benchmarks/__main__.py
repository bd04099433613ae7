"""`python -m benchmarks [NAME ...] [--seconds N] [--rounds N] [--quick]`; all without a name."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks import ovh, traffic, webhook
from benchmarks.report import Report

QUICK = webhook.Options(seconds=1.0, rounds=1, memory_bots=1000)
NAMES = ("webhook", "ovh", "traffic")


def main() -> int:
    """Run the benchmarks; 1 where a promise of DESIGN is broken."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    # not `choices`: argparse would compare the empty list with each of them
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=float, default=webhook.Options.seconds)
    parser.add_argument("--rounds", type=int, default=webhook.Options.rounds)
    parser.add_argument("--quick", action="store_true", help="see that it works; means nothing")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    options = QUICK if given.quick else webhook.Options(given.seconds, given.rounds)
    report, begun = Report(), time.monotonic()
    for name in given.names or NAMES:
        if name == "webhook":
            webhook.run(report, options)
        elif name == "traffic":
            traffic.run(report, traffic.QUICK if given.quick else traffic.Options())
        else:
            ovh.run(report, ovh.QUICK if given.quick else ovh.Options())
    report.show()
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    return 0 if report.is_kept or given.quick else 1


if __name__ == "__main__":
    sys.exit(main())
