"""A program with an API key at the product's REST API."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tenants.models import Tenant
from tenants.testing import make_api_key

BASE = "/api/v1/traffic/"
JSON = "application/json"
ALL = ("traffic:read", "traffic:write", "traffic:power")


class Program:
    """Calls the API with a key of these scopes."""

    def __init__(self, tenant: Tenant, *scopes: str, language: str = "en") -> None:
        key = make_api_key(tenant, *(scopes or ALL))
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self.client = Client(headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(BASE + path, query)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.client.post(BASE + path, data or {}, content_type=JSON, headers=headers)

    def put(self, path: str, data: Any) -> Any:
        return self.client.put(BASE + path, data, content_type=JSON)

    def patch(self, path: str, data: Any) -> Any:
        return self.client.patch(BASE + path, data, content_type=JSON)

    def delete(self, path: str) -> Any:
        return self.client.delete(BASE + path)

    def act(self, key: str, **data: Any) -> Any:
        """Ask for a stop, start or reboot under a key of the program's own."""
        return self.post("actions/", data, **{"Idempotency-Key": key})

    def names(self, path: str, field: str = "name") -> list[Any]:
        """Return one field of everything on the first page of a list."""
        return [one[field] for one in found(self.client.get(BASE + path))["results"]]


def found(response: Any) -> Any:
    """Return what an answer holds that is no refusal."""
    assert response.status_code in (200, 201), response.content
    return response.json()


def fields(response: Any) -> dict[str, list[str]]:
    """Return what is wrong with each field of a refused body."""
    assert response.status_code == 400, response.content
    wrong: dict[str, list[str]] = response.json()["error"]["fields"]
    return wrong


def code(response: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return response.status_code, response.json()["error"]["code"]
