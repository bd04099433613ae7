"""Huawei Cloud's public addresses and what they send out, nearly live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from traffic_guard.gateways.accounts import Place
from traffic_guard.gateways.answers import Call, unusable
from traffic_guard.gateways.endpoints import ces_url, vpc_url
from traffic_guard.gateways.parsing import amount, hour, objects, text
from traffic_guard.gateways.servers import Eip, Hours
from traffic_guard.gateways.wire import Wire

ADDRESSES = Call("vpc", "GET", "/v3/*/eip/publicips", "vpc:publicIps:list")
METRICS = Call("ces", "POST", "/V1.0/*/batch-query-metric-data", "ces:metricData:list")
PAGE = 200
MOST_PAGES = 500
MOST_METRICS = 500
MOST_POINTS = 3000
HOUR = timedelta(hours=1)
SPAN = timedelta(days=10)  # of hourly sums, in one call
IN_BYTES = ("byte", "bytes", "b", "")


class Metrics:
    """The addresses of a place, and their traffic."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def addresses(self, place: Place) -> tuple[Eip, ...]:
        """Return all addresses, page by page."""
        found: dict[str, Eip] = {}
        marker = ""
        for _ in range(MOST_PAGES):
            page = self.page(place, marker)
            before = len(found)
            found |= {eip.eip_id: eip for eip in map(_eip, page) if eip.eip_id}
            if len(page) < PAGE or len(found) == before:
                break
            marker = next(reversed(found))
        return tuple(found.values())

    def first(self, place: Place) -> list[Eip]:
        """Return one address, or none."""
        return [_eip(row) for row in self.page(place, limit=1)]

    def page(self, place: Place, marker: str = "", limit: int = PAGE) -> list[dict[str, Any]]:
        """Return one page of the addresses."""
        query = [("limit", str(limit))]
        if marker:
            query.append(("marker", marker))
        answer = self._wire.ask(
            ADDRESSES,
            vpc_url(place.region),
            place.project_id,
            query=query,
            headers={"X-Project-Id": place.project_id},
        )
        if not isinstance(answer.get("publicips"), list):
            raise unusable(200, ADDRESSES)
        return list(objects(answer["publicips"]))

    def outbound(
        self, place: Place, eips: Sequence[Eip], since: datetime, until: datetime
    ) -> dict[str, Hours]:
        """Return bytes by hour, in as few calls as the limits allow."""
        found: dict[str, dict[datetime, int]] = {eip.eip_id: {} for eip in eips}
        start = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while start < until:
            end = min(start + SPAN - HOUR, until)
            # both ends may carry a point
            count = min(MOST_METRICS, MOST_POINTS // ((end - start) // HOUR + 2))
            for first in range(0, len(eips), count):
                for name, hours in self.sums(place, eips[first : first + count], start, end):
                    if name in found:
                        found[name] |= hours
            start += SPAN - HOUR
        return {
            # an answer may hold the hour that begins at the end asked for
            name: tuple((at, size) for at, size in sorted(hours.items()) if at < until)
            for name, hours in found.items()
        }

    def sums(
        self, place: Place, eips: Sequence[Eip], start: datetime, end: datetime
    ) -> Iterator[tuple[str, dict[datetime, int]]]:
        """Ask once; yield each address's hours."""
        body = {
            "metrics": [_metric(eip) for eip in eips],
            "period": "3600",
            "filter": "sum",
            "from": int(start.timestamp() * 1000),
            "to": int(end.timestamp() * 1000),
        }
        answer = self._wire.ask(
            METRICS,
            ces_url(place.region),
            place.project_id,
            body=body,
            headers={"X-Project-Id": place.project_id},
        )
        if not isinstance(answer.get("metrics"), list):
            raise unusable(200, METRICS)
        for row in objects(answer["metrics"]):
            if text(row.get("unit")).lower() in IN_BYTES:
                yield _name(row), dict(_hours(row))


def _eip(row: dict[str, Any]) -> Eip:
    bandwidth, vnic = row.get("bandwidth"), row.get("vnic")
    device = text(vnic.get("device_id")) if isinstance(vnic, dict) else ""
    return Eip(
        eip_id=text(row.get("id")),
        address=text(row.get("public_ip_address")),
        bandwidth_id=text(bandwidth.get("id")) if isinstance(bandwidth, dict) else "",
        # the instance of an address bound to a network card is the card's id, not the server's
        server_id=device or text(row.get("associate_instance_id")),
    )


def _metric(eip: Eip) -> dict[str, Any]:
    return {
        "namespace": "SYS.VPC",
        "metric_name": "up_stream",
        "dimensions": [
            {"name": "bandwidth_id", "value": eip.bandwidth_id},
            {"name": "publicip_id", "value": eip.eip_id},
        ],
    }


def _name(row: dict[str, Any]) -> str:
    for dimension in objects(row.get("dimensions")):
        if dimension.get("name") == "publicip_id":
            return text(dimension.get("value"))
    return ""


def _hours(row: dict[str, Any]) -> Iterator[tuple[datetime, int]]:
    for point in objects(row.get("datapoints")):
        at, size = point.get("timestamp"), amount(point.get("sum"))
        start = hour(at // 1000) if isinstance(at, int) else None
        if start is not None and size is not None:  # else it stays absent: it is no zero
            yield start, int(size)
