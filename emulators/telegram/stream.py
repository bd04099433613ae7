"""The event log over HTTP: server-sent events, or one JSON answer."""

import time
from collections.abc import Iterable, Iterator

import orjson

from emulators.telegram.state import State
from emulators.wsgi import Environ, Json, Start, answer_json, is_gone, status_line

HEARTBEAT = 15.0  # seconds between comments on a silent stream


def serve_events(state: State, query: Json, environ: Environ, start: Start) -> Iterable[bytes]:
    """`after`: the last number seen (or the Last-Event-ID header); `poll`: answer once."""
    last = environ.get("HTTP_LAST_EVENT_ID", "")
    after = int(last) if last.isdigit() else int(query.get("after") or 0)
    if query.get("poll"):
        return answer_json(start, {"events": state.events.after(after), "seq": state.events.seq})
    headers = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")]
    start(status_line(200), headers)
    return stream(state, after, environ)


def stream(state: State, after: int, environ: Environ) -> Iterator[bytes]:
    """Events as they come, until the client or the emulator goes."""
    yield b": welcome\n\n"
    spoke = time.monotonic()
    while not state.closing and not is_gone(environ, 0):
        news = state.events.wait(after, 1.0)
        if news:
            after, spoke = news[-1]["seq"], time.monotonic()
            yield b"".join(
                b"id: %d\ndata: %b\n\n" % (event["seq"], orjson.dumps(event)) for event in news
            )
        elif time.monotonic() - spoke > HEARTBEAT:
            spoke = time.monotonic()
            yield b": still here\n\n"
