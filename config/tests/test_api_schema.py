"""The OpenAPI document of all products: complete, and without a guess of the generator."""

from __future__ import annotations

import os

from django.core.management import call_command
from django.test import Client


def test_the_schema_is_written_without_a_warning(db: None) -> None:
    call_command("spectacular", file=os.devnull, validate=True, fail_on_warn=True)


def test_the_schema_says_what_every_call_may_answer() -> None:
    answer = Client().get(
        "/api/schema/", {"format": "json"}, headers={"Accept": "application/json"}
    )
    paths = answer.json()["paths"].values()
    calls = [call for path in paths for verb, call in path.items() if verb != "parameters"]
    assert len(calls) > 20
    assert all("429" in call["responses"] for call in calls)
    refusals = answer.json()["components"]["responses"]
    assert "RateLimit-Remaining" in refusals["TooManyRequests"]["headers"]
    assert "503" in answer.json()["paths"]["/api/v1/bots/"]["post"]["responses"]
