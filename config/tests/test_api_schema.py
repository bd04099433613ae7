"""The OpenAPI document of all products: complete, and without a guess of the generator."""

from __future__ import annotations

import os

from django.core.management import call_command


def test_the_schema_is_written_without_a_warning(db: None) -> None:
    call_command("spectacular", file=os.devnull, validate=True, fail_on_warn=True)
