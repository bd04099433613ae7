"""An order as people type it: all forms, whatever their keyboard makes of them."""

from __future__ import annotations

import re

import pytest

from ovh_sniper.models import Account
from ovh_sniper.services.chat import commands
from ovh_sniper.services.chat.commands import Command, NotACommand
from ovh_sniper.testing import poll

RAM, DISK = "ram-64g-ecc-3200", "softraid-2x960nvme"
PLACES = {"gra", "rbx", "rbx-hz", "bhs", "ynm", "eu-west-par-a"}
PARTS = {RAM, DISK, "noraid"}


def read(said: str) -> Command:
    return commands.parse(said, places=PLACES, parts=PARTS)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("27sk15", Command("27sk15")),
        ("27sk15 gra", Command("27sk15", ("gra",))),
        ("27sk15 3", Command("27sk15", (), 3)),
        ("27sk15 gra 3", Command("27sk15", ("gra",), 3)),
        (f"27sk15 3 {RAM}", Command("27sk15", (), 3, (RAM,))),
        (f"27sk15 gra 3 {RAM},{DISK}", Command("27sk15", ("gra",), 3, (RAM, DISK))),
        (f"27sk15 gra 3 {RAM} {DISK}", Command("27sk15", ("gra",), 3, (RAM, DISK))),
        (f"27sk15 gra 3 {RAM}, {DISK}", Command("27sk15", ("gra",), 3, (RAM, DISK))),
    ],
)
def test_the_forms_of_an_order(said: str, meant: Command) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (f"27sk15 {RAM}", Command("27sk15", (), 1, (RAM,))),
        (f"27sk15 gra {RAM} {DISK}", Command("27sk15", ("gra",), 1, (RAM, DISK))),
        ("27sk15 rbx,gra 2", Command("27sk15", ("rbx", "gra"), 2)),
        ("27sk15 rbx, gra", Command("27sk15", ("rbx", "gra"))),
        ("27sk15 gra,gra 2", Command("27sk15", ("gra",), 2)),
        (f"27sk15 2 {RAM} {RAM}", Command("27sk15", (), 2, (RAM,))),
    ],
)
def test_what_people_leave_out_or_name_twice(said: str, meant: Command) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    "code", ["rbx-hz", "eu-west-par-a", "ca-east-tor-a", "eri", "us-east-vin-a", "us"]
)
@pytest.mark.parametrize("form", ["27sk15 {}", "27sk15 {} 2", "27sk15 {} 2 " + RAM])
def test_the_real_datacenter_codes(form: str, code: str) -> None:
    assert read(form.format(code)).datacenters == (code,)


@pytest.mark.parametrize("form", ["27sk15 mum", "27sk15 MUM 2"])
def test_mumbai_is_called_as_the_stock_list_calls_it(form: str) -> None:
    assert read(form).datacenters == ("ynm",)


@pytest.mark.parametrize(
    ("word", "is_place"),
    [
        ("gra", True),  # known of the plan
        ("noraid", False),  # known of the plan
        ("sgp", True),  # known of another plan
        ("eu-north-new-b", True),  # the form of a datacenter
        ("newdc", True),  # no size in it
        ("ram-512g-ecc-9999", False),  # a size in it
        ("vrack-bandwidth-1000-27sk15-us", False),  # longer than any code
    ],
)
def test_a_lone_word_is_told_apart_by_what_is_known_and_else_by_its_form(
    word: str,
    is_place: bool,  # noqa: FBT001
) -> None:
    command = read(f"27sk15 {word}")
    assert (command.datacenters, command.options) == (((word,), ()) if is_place else ((), (word,)))


def test_in_front_of_a_quantity_stands_a_datacenter_even_one_with_a_digit() -> None:
    assert read("27sk15 gra3 2").datacenters == ("gra3",)


@pytest.mark.parametrize(
    "said",
    [
        "27SK15 GRA 2",
        "２７ｓｋ１５　ｇｒａ　２",
        "  27sk15\u00a0gra \t 2  ",
        "27sk15 gra ２",
        "\u200b27sk15\u200b gra 2\ufeff",
        "27sk15\ngra 2",
    ],
)
def test_upper_case_wide_letters_and_odd_spaces(said: str) -> None:
    assert read(said) == Command("27sk15", ("gra",), 2)
    assert re.fullmatch(commands.PATTERN, said, re.IGNORECASE)


@pytest.mark.parametrize("dash", ["\u2010", "\u2011", "\u2013", "\u2212", "\uff0d"])
def test_dashes_that_keyboards_write_for_hyphens(dash: str) -> None:
    assert read(f"27sk15 rbx{dash}hz 2").datacenters == ("rbx-hz",)
    assert read(f"27rise03{dash}v1{dash}us").plan_code == "27rise03-v1-us"


@pytest.mark.parametrize("comma", ["，", "、", ";", " , "])
def test_commas_of_other_scripts(comma: str) -> None:
    assert read(f"27sk15 1 {RAM}{comma}{DISK}").options == (RAM, DISK)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "hello",  # no digit: no plan has none
        "12345",  # no letter
        "27sk15 2 3",  # two quantities
        "27sk15 gra rbx 2",  # two words ahead of the quantity
        "27sk15 gra! 2",
        "27sk15 2 ram/64",
        "27sk15 " + "a" * 25 + " 2",  # longer than any datacenter
        "27sk15 1 " + ",".join(f"o{n}-x" for n in range(13)),  # more than any server has
        "(27sk15)",
    ],
)
def test_what_is_no_order(said: str) -> None:
    with pytest.raises(NotACommand):
        read(said)


@pytest.mark.parametrize(
    "said", ["hello there", "12345", "/27sk15", "ok", "a b c 1", "27sk15\ngra\n2", "x" * 500 + "1"]
)
def test_small_talk_does_not_even_look_like_an_order(said: str) -> None:
    assert not re.fullmatch(commands.PATTERN, said, re.IGNORECASE)


def test_a_quantity_is_read_as_it_stands_and_judged_later() -> None:
    assert read("27sk15 0").quantity == 0
    assert read("27sk15 999999").quantity == 999_999


# --- With what is known of the plans


def test_a_plan_is_one_that_the_price_list_or_the_stock_list_has(linked: Account) -> None:
    assert commands.read("27sk15 gra") == Command("27sk15", ("gra",))
    with pytest.raises(NotACommand) as refused:
        commands.read("27sk51 gra")
    assert refused.value.plan_code == "27sk51"
    assert "27sk15" in commands.like("27sk51")


def test_places_and_parts_are_those_of_the_plan(linked: Account) -> None:
    poll()
    assert {"gra", "rbx"} <= commands.places_of("27sk15")
    assert RAM in commands.parts_of("27sk15")
    assert commands.read(f"27sk15 {RAM}").options == (RAM,)
