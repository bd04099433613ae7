"""A program with an API key at the product's REST API."""

from __future__ import annotations

from typing import Any

from django.test import Client

from ovh_sniper.models import Account
from tenants.models import Tenant
from tenants.testing import make_api_key

BASE = "/api/v1/ovh/"
JSON = "application/json"
# what it takes to read, change, order and pay
ALL = ("ovh:read", "ovh:write", "ovh:order", "ovh:pay")


class Program:
    """Calls the API with a key of these scopes."""

    def __init__(self, tenant: Tenant, *scopes: str, language: str = "en") -> None:
        key = make_api_key(tenant, *scopes)
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self.client = Client(headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(BASE + path, query)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.client.post(BASE + path, data or {}, content_type=JSON, headers=headers)

    def patch(self, path: str, data: Any) -> Any:
        return self.client.patch(BASE + path, data, content_type=JSON)

    def delete(self, path: str) -> Any:
        return self.client.delete(BASE + path)

    def order(self, data: Any, key: str) -> Any:
        return self.post("orders/", data, **{"Idempotency-Key": key})


def fields(response: Any) -> dict[str, list[str]]:
    """Return what is wrong with each field of a refused body."""
    assert response.status_code == 400, response.content
    found: dict[str, list[str]] = response.json()["error"]["fields"]
    return found


def code(response: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return response.status_code, response.json()["error"]["code"]


def wanted(from_account: Account, **changes: Any) -> dict[str, Any]:
    """Return the body of an order of the demo's plan in Gravelines, from an account."""
    values = {"account": from_account.public_id, "plan_code": "27sk15", "datacenters": ["gra"]}
    return values | changes
