"""Failures of Bot API calls, with Telegram's words."""

from emulators.wsgi import Json

PREFIXES = {
    400: "Bad Request: ",
    403: "Forbidden: ",
    409: "Conflict: ",
}


class ApiError(Exception):
    """An answer with ok=false. `text` goes without the standard prefix of its code."""

    def __init__(self, code: int, text: str, parameters: Json | None = None) -> None:
        self.code = code
        self.description = PREFIXES.get(code, "") + text
        self.parameters = parameters
        super().__init__(self.description)

    def json(self) -> Json:
        """The answer's body."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad(text: str) -> ApiError:
    """400."""
    return ApiError(400, text)


def forbidden(text: str) -> ApiError:
    """403."""
    return ApiError(403, text)


def flood(seconds: int) -> ApiError:
    """429 with the waiting time in whole seconds."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
