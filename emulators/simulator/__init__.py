"""The chat simulator: a messenger page over the control API of the Telegram emulator."""

from pathlib import Path

from emulators.wsgi import App, Environ, Start, answer

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"
PLAIN = "text/plain; charset=utf-8"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)


def app(_telegram: object = None) -> App:
    """WSGI app for `/simulator/`; the page itself asks `../telegram/control` of the same origin."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in TYPES}

    def serve(environ: Environ, start: Start) -> list[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return answer(start, 405, b"GET only\n", PLAIN, [("Allow", "GET, HEAD")])
        path: str = environ.get("PATH_INFO", "")
        found = files.get(path.removeprefix("/") or INDEX)
        if found is None:
            return answer(start, 404, b"not found\n", PLAIN, HEADERS)
        return answer(start, 200, found.read_bytes(), TYPES[found.suffix], HEADERS)

    return serve
