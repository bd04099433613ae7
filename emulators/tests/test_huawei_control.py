"""People and journeys act in the emulated Huawei Cloud: the page and the control API."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from emulators.httpd import Server
from emulators.huawei.models import GIB
from emulators.huawei.world import CN_DOMAIN, INTL_DOMAIN
from emulators.serve import build
from emulators.tests.huawei_hub import ACTION, DETAIL, USAGES, Hub


def press(huawei: Hub, do: str, **values: Any) -> str:
    """Send a form of the page as its browser does, and return what the page tells then."""
    values = {"do": do, "account": INTL_DOMAIN, **values}
    answer = huawei.http.post(f"{huawei.url}/huawei/control/", data=values)
    assert answer.status_code == 303
    note = parse_qs(urlsplit(answer.headers["Location"]).query)["note"][0]
    page = huawei.http.get(f"{huawei.url}{answer.headers['Location']}")
    assert note.replace("'", "&#x27;") in page.text
    return note


def test_the_page_shows_the_accounts_servers(huawei: Hub) -> None:
    answer = huawei.http.get(f"{huawei.url}/huawei/", follow_redirects=True)
    assert "hk-web-1 is on: 61.50 of 1024 GB left" in answer.text
    assert "bj-shop-1" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    other = huawei.http.get(f"{huawei.url}/huawei/control/?account={CN_DOMAIN}")
    assert "bj-shop-1 is on" in other.text
    assert huawei.http.get(f"{huawei.url}/huawei/control/?account=no").status_code == 404
    assert "font:" in huawei.http.get(f"{huawei.url}/huawei/control/page.css").text
    assert huawei.http.get(f"{huawei.url}/huawei/nothing").status_code == 404


def test_every_form_of_the_page_does_something(huawei: Hub) -> None:
    page = huawei.http.get(f"{huawei.url}/huawei/control/").text
    forms = set(re.findall(r'name="do" value="([a-z-]+)"', page))
    server = huawei.emulator.server("hk-web-1").id
    press(huawei, "remaining", server=server, gigabytes="12.5")
    press(huawei, "rate", server=server, gigabytes="2.5")
    press(huawei, "use", server=server, gigabytes="10")
    assert huawei.left("hk-web-1") == 12.5
    assert press(huawei, "switch", server=server, power="off") == "hk-web-1 is off, by its user."
    press(huawei, "traits", server=server, is_locked="on")
    shown = huawei.emulator.server("hk-web-1")
    assert (shown.status, shown.is_locked, shown.is_frozen) == ("SHUTOFF", True, False)
    press(huawei, "unit", server=server, unit="11")
    assert huawei.left("hk-web-1") == 12.5 * 1024
    press(huawei, "lose", server=server, polls="2")
    assert huawei.emulator.package("hk-web-1").lost_polls == 2
    press(huawei, "renew", server=server)
    press(huawei, "end-cycle", server=server, minutes="0")
    assert huawei.emulator.remaining("hk-web-1") == 1024 * GIB
    press(huawei, "move", hours="6")
    press(huawei, "lag", hours="2.5")
    assert (huawei.emulator.state.offset, huawei.emulator.state.lag) == (6 * 3600, 9000)
    press(huawei, "fault", kind="throttled", service="bss", times="0", retry_after="9")
    (fault,) = huawei.emulator.faults.armed()
    assert (fault.kind, fault.service, fault.times, fault.retry_after) == ("throttled", "bss", 0, 9)
    press(huawei, "clear")
    assert huawei.emulator.faults.armed() == []
    press(huawei, "reset")
    assert huawei.left("hk-web-1") == 61.5
    done = {"remaining", "rate", "use", "switch", "traits", "unit", "lose", "renew", "end-cycle"}
    assert forms == done | {"move", "lag", "fault", "reset"}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"do": "nothing"}, 400),
        ({"do": "rate", "server": "nobody", "gigabytes": "1"}, 400),
        ({"do": "rate", "server": "hk-web-1", "gigabytes": "much"}, 400),
        ({"do": "remaining", "server": "sg-api-1", "gigabytes": "1"}, 400),
        ({"do": "fault", "kind": "nothing"}, 400),
    ],
)
def test_what_a_form_cannot_do(huawei: Hub, values: dict[str, str], status: int) -> None:
    url = f"{huawei.url}/huawei/control/"
    assert huawei.http.post(url, data=values).status_code == status
    strange = {"Origin": "https://elsewhere.example"}
    assert huawei.http.post(url, data={"do": "reset"}, headers=strange).status_code == 403


def test_journeys_act_through_json(huawei: Hub) -> None:
    keys = huawei.control("POST", "/accounts", {"site": "cn", "regions": ["cn-north-4"]}).json()
    plan = {
        "domain_id": keys["domain_id"],
        "region": "cn-north-4",
        "name": "shop",
        "left_gb": 20,
    }
    server = huawei.control("POST", "/plans", plan).json()
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/remaining", {"name": "shop", "gigabytes": 7.5}),
        ("POST", "/rate", {"name": "shop", "gb_per_hour": 1}),
        ("POST", "/switch", {"name": "shop", "is_on": False}),
        ("POST", "/tasks", {"name": "shop", "task": "powering-on", "seconds": 9}),
        ("PATCH", "/servers", {"name": "shop", "is_locked": True}),
        ("POST", "/lag", {"hours": 2}),
        ("POST", "/limits", {"per_second": 3}),
        ("POST", "/faults", {"kind": "html", "service": "bss"}),
    ]
    for method, path, values in steps:
        assert huawei.control(method, path, values).json() == {"done": True}
    rows = huawei.control("GET", "/servers").json()["servers"]
    (row,) = (one for one in rows if one["name"] == "shop")
    assert (row["id"], row["status"], row["task"]) == (server["id"], "SHUTOFF", "powering-on")
    assert row["remaining"] == 7.5 * GIB
    (fault,) = huawei.control("GET", "/faults").json()["faults"]
    assert fault["kind"] == "html"
    assert huawei.call("bss", "POST", USAGES, {"free_resource_ids": ["a"]}).status_code == 502
    (call,) = huawei.control("GET", "/calls").json()["calls"]
    assert (call["service"], call["status"]) == ("bss", 502)
    assert huawei.control("DELETE", "/faults").json() == {"done": True}
    codes = [huawei.call("iam", "GET", "/v3/projects").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("method", "path", "values", "status"),
    [
        ("POST", "/nothing", {}, 404),
        ("DELETE", "/servers", None, 405),
        ("POST", "/rate", {"name": "nobody", "gb_per_hour": 1}, 400),
        ("POST", "/rate", {"odd": 1}, 400),
        ("PATCH", "/servers", {"name": "hk-web-1", "odd": 1}, 400),
        ("POST", "/faults", {"kind": "odd"}, 400),
        ("POST", "/rate", [], 400),
    ],
)
def test_what_a_journey_cannot_do(
    huawei: Hub, method: str, path: str, values: Any, status: int
) -> None:
    assert huawei.control(method, path, values).status_code == status


@pytest.mark.parametrize("kind", ["lie", "job_fail"])
def test_faults_of_jobs_strike_the_next_action_only(huawei: Hub, kind: str) -> None:
    huawei.emulator.fault(kind)
    assert huawei.call("ecs", "GET", DETAIL).status_code == 200
    for name in ("hk-web-1", "hk-web-2"):
        body = {"os-stop": {"servers": [{"id": huawei.emulator.server(name).id}]}}
        huawei.call("ecs", "POST", ACTION, body)
    huawei.clock.advance(60)
    states = [huawei.emulator.server(name).status for name in ("hk-web-1", "hk-web-2")]
    assert states == ["ACTIVE", "SHUTOFF"]


def test_all_emulators_serve_it(http: httpx.Client) -> None:
    app = build()
    with Server(app) as server:
        assert http.get(f"{server.url}/huawei/control/servers").json()["servers"]
        assert http.get(f"{server.url}/huawei", follow_redirects=True).status_code == 200
        assert http.get(f"{server.url}/huawei/iam/cn/v3/projects").status_code == 401
        assert http.get(f"{server.url}/tidewater/v1/account").status_code == 401
        app.close()
