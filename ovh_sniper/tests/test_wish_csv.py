"""Wishes from a table: all lines or none, every mistake with its line, and nothing that breaks."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from ovh_sniper.models import Wish
from ovh_sniper.services.wishes import csv_file, lifecycle
from ovh_sniper.testing import TESTER
from ovh_sniper.tests.market import Market
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def take(market: Market, text: str) -> list[Wish]:
    with scope(market.tenant):
        return lifecycle.import_csv(
            text, actor=TESTER, now=market.now, account=market.account, mode=Wish.Mode.ASK
        )


def mistakes(market: Market, text: str) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        take(market, text)
    with market.inside():
        assert not Wish.objects.exists()
    return caught.value.messages


def test_a_line_is_a_wish(market: Market) -> None:
    (wish, other) = take(
        market,
        "plan_code,name,memory,datacenters,quantity,max_delivery_hours,cap_due_now,budget_month,"
        "expires_at,mode,dry_run,extras\n"
        '27sk15,"Two, please",ram-64g-ecc-3200,gra rbx,2,72,44.50,99,2030-01-31T18:00+08:00,order,'
        "yes,bandwidth=b1 vrack=v1\n"
        "\n"
        "24sk20,,,,,,,,,,,\n",
    )
    assert (wish.plan_code, wish.name, wish.memory) == ("27sk15", "Two, please", "ram-64g-ecc-3200")
    assert (wish.datacenters, wish.quantity, wish.max_delivery_hours) == (["gra", "rbx"], 2, 72)
    assert (wish.cap_due_now, wish.budget_month) == (Decimal("44.50"), Decimal(99))
    assert wish.expires_at == datetime(2030, 1, 31, 10, tzinfo=UTC)
    assert (wish.mode, wish.dry_run, wish.extras) == (
        "order",
        True,
        {"bandwidth": "b1", "vrack": "v1"},
    )
    assert (other.plan_code, other.mode, other.quantity) == ("24sk20", "ask", 1)


def test_hours_and_flags_are_read_and_written(market: Market) -> None:
    text = (
        "plan_code,schedule,waive_retractation,guards_repeats\n"
        "27sk15,days=01234 from=09:00 to=18:00,yes,no\n"
        "27sk15,from=22:00,,\n"
        "27sk15,,,\n"
    )
    terms = [
        ({"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "18:00"}, True, False),
        ({"from": "22:00"}, False, True),
        ({}, False, True),
    ]
    made = take(market, text)
    assert [(one.schedule, one.waive_retractation, one.guards_repeats) for one in made] == terms
    table = csv_file.table(made, ZoneInfo("Asia/Taipei"))
    again = take(market, table)
    assert [(one.schedule, one.waive_retractation, one.guards_repeats) for one in again] == terms


@pytest.mark.parametrize("said", ["days=7", "days=x", "from=9", "at=09:00", "always", "days=-1"])
def test_what_is_no_schedule_is_not_taken_for_always(market: Market, said: str) -> None:
    found = mistakes(market, f"plan_code,schedule\n27sk15,{said}\n")
    assert found == [f"Line 2: schedule cannot be “{said}”."]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffplan_code,quantity\r\n27sk15,2\r\n",
        "plan_code;quantity\n27sk15;2",
        " Plan_Code , QUANTITY \n 27sk15 , 2 \n",
        '"plan_code","quantity"\n"27sk15","2"\n\n\n',
    ],
)
def test_as_spreadsheets_write_it(market: Market, text: str) -> None:
    (wish,) = take(market, text)
    assert (wish.plan_code, wish.quantity) == ("27sk15", 2)


def test_every_mistake_is_named_with_its_line_and_nothing_is_written(market: Market) -> None:
    found = mistakes(
        market,
        "plan_code,quantity,datacenters,cap_due_now,mode,expires_at\n"
        "27sk15,1,gra,10,ask,\n"
        "27sk15,two,,,,\n"
        ",1,,,,\n"
        "27sk15,0,??,1.234,,\n"
        "27sk15,,,NaN,,\n"
        "27sk15,,,,steal,\n"
        "27sk15,,,,,2030-01-31\n"
        "27sk15,1,gra,10,ask,,too,many\n"
        "27sk15,1,gra,10,ask,2001-01-01T00:00Z\n",
    )
    lines = [int(text.removeprefix("Line ").partition(":")[0]) for text in found]
    assert sorted(set(lines)) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "Line 3: quantity cannot be “two”." in found
    assert len([line for line in lines if line == 5]) == 3
    assert all(": " in text for text in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "27sk15\n",
        "plan_code,secret\n27sk15,1\n",
        "plan_code,plan_code\n27sk15,24sk20\n",
        "plan_code,\n27sk15,\n",
        "name,quantity\nx,1\n",
        "plan_code,name\n27sk15," + "x" * 200_000 + "\n",
        "plan_code\n" + "27sk15\n" * 1001,
        "plan_code\n" + " \n" * 3_000_000,
        "plan_code,name\rx,y\rz",
        'plan_code,name\n27sk15,"never closed\n27sk15,x\n',
        "plan_code\n27sk\x0015\n",
        "plan_code,extras\n27sk15,vrack\n",
        "plan_code,extras\n27sk15,a=\x00\n",
        "plan_code,quantity\n27sk15," + "9" * 5000 + "\n",
        "plan_code,cap_due_now\n27sk15,1e999999\n",
        "plan_code,cap_due_now\n27sk15,-1\n",
        "plan_code,expires_at\n27sk15,9999-12-31T23:59-14:00\n",
    ],
    ids=range(19),
)
def test_what_is_no_such_table_is_refused_in_words(market: Market, text: str) -> None:
    found = mistakes(market, text)
    assert found
    # nobody's file is sent back to him
    assert all(len(message) < 400 for message in found)


def test_a_formula_is_a_text_and_none_again_when_it_is_written(market: Market) -> None:
    (wish,) = take(market, 'plan_code,name\n27sk15,"=HYPERLINK(""http://evil"")"\n')
    assert wish.name == '=HYPERLINK("http://evil")'
    table = csv_file.table([wish], ZoneInfo("Asia/Taipei"))
    assert "'=HYPERLINK" in table
    with scope(market.tenant):
        Wish.objects.all().delete()
    (again,) = take(market, table)
    assert again.name == wish.name


def test_a_file_cannot_let_a_wish_pay_by_itself(market: Market) -> None:
    found = mistakes(market, "plan_code,autopay\n27sk15,yes\n")
    assert found == ["Line 2: autopay: Only an admin may let a wish pay by itself."]
