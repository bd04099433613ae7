"""gunicorn's settings: one process, threads for requests that wait on the database."""

import os
import sys
from pathlib import Path

bind = os.environ.get("WEB_BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
# ours needs Linux' epoll
worker_class = "config.worker.Worker" if sys.platform == "linux" else "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 1)
threads = int(os.environ.get("WEB_THREADS") or 8)

# Telegram keeps its webhook connections open; a keep-alive shorter than a proxy's 60 s lets the
# proxy send a request into a connection that is just being closed, which it answers with a 502.
keepalive = 75
timeout = 30  # seconds without a sign of life of a worker
graceful_timeout = 20  # seconds for running requests at a stop; the supervisor waits as long

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# X-Forwarded-Proto counts only from these addresses: a proxy on another machine must be named.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

# The control socket's default path is shared by every gunicorn of the account.
control_socket_disable = True
# A worker's sign of life must never wait for a slow disk.
memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes and unlinks its own unguessable file there
worker_tmp_dir = str(memory) if memory.is_dir() else None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
