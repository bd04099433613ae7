"""gunicorn's worker: threads that take requests off one epoll themselves.

gunicorn's own threaded worker hands each request over twice, from the thread that waits on the
sockets to one of a pool and back through a pipe, and sends an answer's head and body apart. Where
an answer takes half a millisecond that is a fifth of the work. Here each thread waits, answers and
gives the connection back to epoll. Reading requests, and every rule of HTTP, stays gunicorn's, but
for plain requests of the kind that comes by the thousand (config/fast_lane.py).
HTTP/1 without TLS only: that is what stands behind a proxy. The hooks `pre_request` and
`post_request` are not called, and there is no access log (the proxy keeps it).
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import socket
import struct
import threading
import time
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers import base
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from config import fast_lane
from config.exchange import LINGER_BYTES, Connection, Response

TICK = 1.0  # seconds between two signs of life
FIRST_WAIT = 5  # seconds for a first request where connections are not kept
SILENCE = 20  # seconds that a thread waits for a client's next byte, or for it to take ours
LINGER = 2.0  # seconds that an ended connection waits for the client to close it, too
ONCE = select.EPOLLIN | select.EPOLLONESHOT


class Worker(ThreadWorker):  # type: ignore[misc,unused-ignore]
    """Threads on one epoll; the main thread accepts, gives signs of life and ends idle ones."""

    _accepting: bool
    # ThreadWorker's tell its pool; the signal itself ends the main thread's wait (`_wake`)
    handle_exit = base.Worker.handle_exit
    handle_quit = base.Worker.handle_quit

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.cfg.keepalive:
            self.max_keepalived = 0
        # file descriptor -> connection that no thread has now; taking it out is atomic
        self.keepalived_conns: dict[int, Connection] = {}
        self._lock = threading.Lock()
        self._lane: fast_lane.FastLane | None = None
        self._first_wait = self.cfg.keepalive or FIRST_WAIT
        self._silence = struct.pack("ll", min(self._first_wait, SILENCE), 0)  # a timeval

    def init_process(self) -> None:
        """Open what the threads share, then load the application and run."""
        self._epoll = select.epoll()
        self.poller = selectors.DefaultSelector()
        base.Worker.init_process(self)

    def _wake(self) -> None:
        # gunicorn's pipe, in which Python notes signals, too
        with contextlib.suppress(OSError):
            os.write(self.PIPE[1], b"x")

    def run(self) -> None:
        """Serve until told to stop."""
        self._lane = fast_lane.lane_of(self.wsgi, self.cfg)
        for number in range(self.cfg.threads):
            threading.Thread(target=self._serve, name=f"request-{number}", daemon=True).start()
        self.poller.register(self.PIPE[0], selectors.EVENT_READ)
        look_at = time.monotonic()
        while self.alive and self.is_parent_alive():
            self.notify()
            self.set_accept_enabled(enabled=self.nr_conns < self.worker_connections)
            self._wait(TICK)
            now = time.monotonic()
            if now >= look_at:
                self._end_idle(now)
                look_at = now + TICK
        self._stop()

    def _stop(self) -> None:
        """Accept nothing more; let what runs end, and idle connections ask once more."""
        self.alive = False
        self.set_accept_enabled(enabled=False)
        begun = time.monotonic()
        while self.nr_conns > 0 and time.monotonic() < begun + self.cfg.graceful_timeout:
            self.notify()
            self._end_idle(time.monotonic(), latest=begun + STOP_KEEPALIVE_LINGER)
            self._wait(TICK / 20)
        self._epoll.register(self.PIPE[0], select.EPOLLIN)
        self._wake()
        for listener in self.sockets:
            listener.close()

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Start or stop taking new connections."""
        if enabled == self._accepting:
            return
        for listener in self.sockets:
            listener.setblocking(False)  # noqa: FBT003
            if enabled:
                self.poller.register(listener, selectors.EVENT_READ)
            else:
                self.poller.unregister(listener)
        self._accepting = enabled

    def _wait(self, seconds: float) -> None:
        for key, _mask in self.poller.select(seconds):
            if key.fileobj == self.PIPE[0]:
                os.read(self.PIPE[0], 4096)
            else:
                self.accept(key.fileobj)

    def accept(self, listener: Any) -> None:
        """Take a new connection; a thread reads it once there is something to read."""
        try:
            opened, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            # no file descriptor left, mostly: those who are connected shall not suffer by it
            self.log.error("Cannot accept a connection: %s", error)  # noqa: TRY400
            time.sleep(TICK / 20)
            return
        for limit in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            opened.setsockopt(socket.SOL_SOCKET, limit, self._silence)
        conn = Connection(self.cfg, opened, client, listener.getsockname())
        conn.timeout = time.monotonic() + self._first_wait
        with self._lock:
            self.nr_conns += 1
        self.keepalived_conns[opened.fileno()] = conn
        self._epoll.register(opened.fileno(), ONCE)

    def _end_idle(self, now: float, *, latest: float | None = None) -> None:
        # a copy is made in one step, a list of the items is not
        for number, conn in self.keepalived_conns.copy().items():
            until = conn.timeout if latest is None else min(conn.timeout, latest)
            if until >= now or (not conn.is_closing and conn.received(socket.MSG_PEEK)):
                continue  # what has sent something is not idle: it waits for a thread
            if self.keepalived_conns.pop(number, None) is conn:
                self._end(conn)

    def _end(self, conn: Connection) -> None:
        # not left to the closing: a process just being forked may hold the socket, too
        with contextlib.suppress(OSError, ValueError):
            self._epoll.unregister(conn.sock.fileno())
        conn.close()
        with self._lock:
            self.nr_conns -= 1
        if not self._accepting:
            self._wake()

    def _serve(self) -> None:
        """Answer requests, one at a time, until the worker stops."""
        while True:
            for number, _mask in self._epoll.poll(maxevents=1):
                if number == self.PIPE[0]:
                    return
                conn = self.keepalived_conns.pop(number, None)
                if conn is None:
                    continue
                if conn.is_closing:
                    self._throw_away(conn, number)
                else:
                    self._answer(conn, number)

    def _answer(self, conn: Connection, number: int) -> None:
        conn.data_ready = True
        is_kept = self._answer_plain(self._lane, conn) if self._lane else None
        if is_kept is None:
            is_kept = self.handle(conn)
        # what was read ahead into the next request does not make the socket readable
        while is_kept and conn.parser and conn.parser.unreader.buf.getvalue():
            is_kept = self.handle(conn)
        if is_kept:
            conn.set_timeout()
            self._give_back(conn, number)
        else:
            self._begin_closing(conn, number)

    def _answer_plain(self, lane: fast_lane.FastLane, conn: Connection) -> bool | None:
        """Answer past gunicorn's parser; None where it has to read what came."""
        data = fast_lane.piece(conn.sock)
        if not data:
            return False
        told = lane.answer(data, is_last=lambda: not self._counts_on())
        if told is None:
            conn.init()
            conn.parser.unreader.unread(data)
            return None
        try:
            conn.sock.sendall(told.data)
        except OSError:
            return False
        return not told.is_last

    def _counts_on(self) -> bool:
        """Count a request; tell whether its connection may be kept."""
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
            self._wake()
        return self.alive and len(self.keepalived_conns) < self.max_keepalived

    def _give_back(self, conn: Connection, number: int) -> None:
        self.keepalived_conns[number] = conn
        # the main thread may find it too late and end it, right between these two lines
        with contextlib.suppress(OSError):
            self._epoll.modify(number, ONCE)

    def _begin_closing(self, conn: Connection, number: int) -> None:
        """Say that nothing more comes, and let the client close first (RFC 9112, 9.6).

        A socket closed with something unread would drop what the client has yet to get.
        """
        conn.is_closing, conn.timeout = True, time.monotonic() + LINGER
        with contextlib.suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        self._throw_away(conn, number)

    def _throw_away(self, conn: Connection, number: int) -> None:
        got = conn.received()
        conn.thrown_away += got or 0
        if got is None or (got and conn.thrown_away < LINGER_BYTES):
            self._give_back(conn, number)
        else:
            self._end(conn)

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Answer one request; tell whether the connection can be used again."""
        resp, environ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg, Response)
        resp.worker = self
        environ["wsgi.multithread"] = True
        if not self._counts_on():
            resp.force_close()
        try:
            self._run_application(resp, environ)
        except OSError:
            raise
        except BaseException as error:
            if resp.headers_sent and not resp.head:
                # a second answer on the same connection would be taken for the first one's end
                self.log.exception("Error handling request")
                raise StopIteration from None
            if isinstance(error, Exception):
                raise
            # SystemExit would end this thread, and nobody would start another
            raise RuntimeError("The application wants the process to end.") from error
        return not resp.should_close()

    def _run_application(self, resp: Response, environ: dict[str, Any]) -> None:
        answer = self.wsgi(environ, resp.start_response)
        try:
            if isinstance(answer, environ["wsgi.file_wrapper"]):
                resp.write_file(answer)
            else:
                for part in answer:
                    resp.write(part)
            resp.close()
        finally:
            if hasattr(answer, "close"):
                answer.close()
