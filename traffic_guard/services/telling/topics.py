"""What messages about servers speak of: the words that `BulletinLine.topic` holds."""

from __future__ import annotations

# --- raised by a look at an account
LEVEL = "level"  # a level of use was reached: `level` percent used
THRESHOLD = "threshold"  # less is left than the threshold, and no stop is planned
FORECAST = "forecast"  # it will not last until the reset
SPIKE = "spike"  # it goes much faster than it used to
UNKNOWN = "unknown"  # it is not known what is left
KNOWN_AGAIN = "known_again"
START_HELD = "start_held"  # the reset starts it not by itself: somebody was at it since its stop
# --- of rows of their own
STOP = "stop"  # a planned stop
RESULT = "result"  # an action that is settled

# the event of bots/events.py through which channels hear of it
EVENTS = {
    LEVEL: "traffic.low",
    THRESHOLD: "traffic.low",
    FORECAST: "traffic.forecast",
    SPIKE: "traffic.forecast",
    UNKNOWN: "traffic.unknown",
    KNOWN_AGAIN: "traffic.unknown",
    START_HELD: "traffic.failed",
}
