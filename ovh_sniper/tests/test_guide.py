"""docs/ovh.md says what is: columns, commands, scopes, addresses, variables."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.urls import resolve

from ovh_sniper.bot import router
from ovh_sniper.services.chat import commands
from ovh_sniper.services.wishes import csv_file
from tenants.models import ApiKey

GUIDE = (Path(settings.BASE_DIR) / "docs" / "ovh.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """Return what stands in the first column of the first table below a heading."""
    part = GUIDE.partition(heading)[2].partition("\n\n|")[2].partition("\n\n")[0]
    return [line.split("|")[1].strip() for line in f"|{part}".splitlines()[2:]]


def test_the_columns_of_a_file() -> None:
    assert first_cells("### CSV columns") == [f"`{name}`" for name in csv_file.COLUMNS]


def test_the_commands() -> None:
    told = {
        name for cell in first_cells("## 4. In the chat") for name in re.findall(r"`/(\w+)`", cell)
    }
    assert told == set(router.commands)


def test_the_forms_of_a_typed_order() -> None:
    forms = [cell.strip("`") for cell in first_cells("To order, write to the bot in private:")]
    read = [commands.parse(form) for form in forms]
    assert [(one.datacenters, one.quantity, len(one.options)) for one in read] == [
        ((), 1, 0),
        (("gra",), 1, 0),
        ((), 2, 0),
        (("gra",), 2, 0),
        (("gra", "rbx"), 2, 0),
        ((), 2, 1),
        (("gra",), 2, 2),
    ]


def test_the_scopes() -> None:
    scopes = {scope for scope in ApiKey.Scope.values if scope.startswith("ovh:")}
    assert {cell.strip("`") for cell in first_cells("## 5. The API")} == scopes
    assert set(re.findall(r"`(ovh:\w+)`", GUIDE)) == scopes


def test_every_address_of_the_api_is_there() -> None:
    paths = re.findall(r'"\$API(/[^"?]*)', GUIDE)
    assert len(paths) > 15
    for path in paths:
        assert resolve(f"/api/v1/ovh{path}").namespace == "ovh_sniper"


def test_every_variable_is_a_setting() -> None:
    variables = set(re.findall(r"`(OVH_\w+)`", GUIDE))
    assert variables == {name for name in dir(settings) if name.startswith("OVH_")}
