"""What the OpenAPI document says of every call: how often, and what a busy moment answers."""

from __future__ import annotations

from typing import Any

READS = ("get", "head", "options")
VERBS = (*READS, "post", "put", "patch", "delete")
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "fields": {"type": "object", "additionalProperties": {}},
            },
        }
    },
}
RETRY_AFTER = {"description": "seconds to wait", "schema": {"type": "integer"}}
RATES = {
    "RateLimit-Limit": "calls a minute of this key, or of this address without one that works",
    "RateLimit-Remaining": "calls that are left now",
    "RateLimit-Reset": "seconds until all of them are there again",
}
REFUSALS = {
    "TooManyRequests": {
        "description": "Called too often. Every answer tells what is left, in the same headers.",
        "headers": {
            "Retry-After": RETRY_AFTER,
            **{
                name: {"description": text, "schema": {"type": "integer"}}
                for name, text in RATES.items()
            },
        },
    },
    "TryAgain": {
        "description": "Lost against other changes at the same moment (code `try_again`).",
        "headers": {"Retry-After": RETRY_AFTER},
    },
}


def add_refusals(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add what any call may answer to the document; a hook of drf-spectacular."""
    del kwargs
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    components["responses"] = {
        name: {**refusal, "content": content} for name, refusal in REFUSALS.items()
    }
    for path in result["paths"].values():
        for verb in path.keys() & set(VERBS):
            responses = path[verb]["responses"]
            responses.setdefault("429", _reference("TooManyRequests"))
            if verb not in READS:
                responses.setdefault("503", _reference("TryAgain"))
    return result


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{name}"}
