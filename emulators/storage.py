"""Keeps an emulator's state in one SQLite file: rows of JSON, written shortly after a change."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

FLUSH_EVERY = 0.1  # seconds


class Store:
    """Key-value rows grouped by table name. Without a path nothing is kept."""

    def __init__(self, path: Path | None, lock: threading.RLock) -> None:
        self._lock = lock
        self._dirty: dict[tuple[str, str], Any] = {}
        self._blobs: dict[str, bytes] = {}
        self._wipe = False
        self._closing = threading.Event()
        self._database: sqlite3.Connection | None = None
        self._writing = threading.Lock()
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS state"
            " (name TEXT, key TEXT, value BLOB, PRIMARY KEY (name, key)) WITHOUT ROWID"
        )
        self._database.execute("CREATE TABLE IF NOT EXISTS blobs (key TEXT PRIMARY KEY, data BLOB)")
        self._thread = threading.Thread(target=self._loop, name="emulators-store", daemon=True)
        self._thread.start()

    def put(self, table: str, key: object, value: Any) -> None:
        """Remember that a row changed; None deletes it. The value is read when it is written."""
        if self._database is not None:
            with self._lock:
                self._dirty[table, str(key)] = value

    def put_blob(self, key: str, data: bytes) -> None:
        """Keep the bytes of a file."""
        if self._database is not None:
            with self._lock:
                self._blobs[key] = data

    def rows(self, table: str) -> Iterator[tuple[str, Any]]:
        """Everything kept under a table name, in the order of the keys."""
        if self._database is None:
            return
        query = "SELECT key, value FROM state WHERE name = ? ORDER BY key"
        for key, value in self._database.execute(query, (table,)).fetchall():
            yield key, orjson.loads(value)

    def blob(self, key: str) -> bytes:
        """The bytes of a file; empty when unknown."""
        if self._database is None:
            return b""
        row = self._database.execute("SELECT data FROM blobs WHERE key = ?", (key,)).fetchone()
        return bytes(row[0]) if row else b""

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._dirty.clear()
            self._blobs.clear()
            self._wipe = True

    def flush(self) -> None:
        """Write what changed, in one transaction."""
        if self._database is None:
            return
        with self._writing:
            with self._lock:
                option = orjson.OPT_NON_STR_KEYS
                puts = [
                    (table, key, orjson.dumps(value, option=option))
                    for (table, key), value in self._dirty.items()
                    if value is not None
                ]
                gone = [key for key, value in self._dirty.items() if value is None]
                blobs, self._blobs = self._blobs, {}
                self._dirty = {}
                wipe, self._wipe = self._wipe, False
            if not (puts or gone or blobs or wipe):
                return
            self._database.execute("BEGIN")
            if wipe:
                self._database.execute("DELETE FROM state")
                self._database.execute("DELETE FROM blobs")
            self._database.executemany("REPLACE INTO state VALUES (?, ?, ?)", puts)
            self._database.executemany("DELETE FROM state WHERE name = ? AND key = ?", gone)
            self._database.executemany("REPLACE INTO blobs VALUES (?, ?)", blobs.items())
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Write the rest and close the file."""
        if self._database is None or self._closing.is_set():
            return
        self._closing.set()
        self._thread.join(5)
        self.flush()
        self._database.close()

    def _loop(self) -> None:
        while not self._closing.wait(FLUSH_EVERY):
            with contextlib.suppress(sqlite3.Error):
                self.flush()
