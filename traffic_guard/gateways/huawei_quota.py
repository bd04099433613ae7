"""Huawei Cloud's billing: what is left of traffic packages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from traffic_guard.gateways.accounts import Keys
from traffic_guard.gateways.answers import Call, unusable
from traffic_guard.gateways.endpoints import bss_url
from traffic_guard.gateways.parsing import amount, moment, objects, text
from traffic_guard.gateways.quota import Deduction, SharedPackage, Usage, UsageAnswer
from traffic_guard.gateways.wire import Wire

VIEW = "billing:resourcePackages:view"
USAGES = Call("bss", "POST", "/v2/payments/free-resources/usages/details/query", VIEW)
PACKAGES = Call("bss", "POST", "/v3/payments/free-resources/query", VIEW)
RECORDS = Call("bss", "GET", "/v2/bills/customer-bills/free-resources-usage-records", VIEW)
# names in answers then do not depend on the account's language
LANGUAGE = {"X-Language": "en_US"}
BATCH = 100
# ids without an answer that are asked for alone, in one go: were billing to answer nothing at all,
# its ten calls a second would go to that
MOST_ALONE = 20
PAGE = 500
RECORD_PAGE = 100
MOST_PAGES = 1000
SPAN = timedelta(days=89)  # both ends count, and 90 days are allowed
BEIJING = timezone(timedelta(hours=8))
TO_SEE = (1, 2)  # in effect, used up
# A shared package pays for addresses of one BGP type, which no field but its name tells.
LINES = {"dynamic": ("dynamic", "动态"), "static": ("static", "静态")}


class Quota:
    """The packages of one account."""

    def __init__(self, keys: Keys, wire: Wire) -> None:
        self._url = bss_url(keys.site)
        self._wire = wire

    def usages(self, package_ids: Sequence[str]) -> UsageAnswer:
        """Return what is left, and which ids got no answer."""
        ids = tuple(dict.fromkeys(filter(None, package_ids)))
        usages: list[Usage] = []
        lost: list[str] = []
        for start in range(0, len(ids), BATCH):
            asked = ids[start : start + BATCH]
            if len(asked) == 1:
                usages += self._alone(asked[0])
                continue
            rows = _by_id(self.rows(asked))
            usages += [_usage(name, rows[name][0]) for name in asked if len(rows[name]) == 1]
            lost += [name for name in asked if not rows[name]]
        usages += self._found_again(lost, any_known=bool(usages))
        known = {usage.asked_id for usage in usages}
        return UsageAnswer(tuple(usages), tuple(name for name in ids if name not in known))

    def _found_again(self, lost: list[str], *, any_known: bool) -> Iterator[Usage]:
        for name in lost[:MOST_ALONE]:
            found = self._alone(name)
            yield from found
            any_known = any_known or bool(found)
            if not any_known:
                return  # billing knows nothing of this account just now

    def _alone(self, name: str) -> list[Usage]:
        """Ask for one by itself: a renewed package answers under its new id."""
        rows = _by_id(self.rows([name]))
        chosen = rows[name] or [row for found in rows.values() for row in found]
        return [_usage(name, row) for row in chosen] if len(chosen) == 1 else []

    def rows(self, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Return the answers for at most 100 ids."""
        body = {"free_resource_ids": list(ids)}
        answer = self._wire.ask(USAGES, self._url, body=body, headers=LANGUAGE)
        if not isinstance(answer.get("free_resources"), list):
            raise unusable(200, USAGES)
        return objects(answer["free_resources"])

    def shared_packages(self) -> tuple[SharedPackage, ...]:
        """Return packages in effect or used up."""
        return tuple(
            _package(row, part)
            for row in self._packages()
            if row.get("status") in TO_SEE
            for part in objects(row.get("free_resources"))
        )

    def _packages(self) -> Iterator[dict[str, Any]]:
        offset = 0
        for _ in range(MOST_PAGES):
            answer = self.package_page(offset)
            rows = answer["free_resource_packages"]
            yield from objects(rows)
            offset += len(rows)
            total = answer.get("total_count")
            if not rows or (isinstance(total, int) and offset >= total):
                return

    def package_page(self, offset: int = 0, limit: int = PAGE) -> dict[str, Any]:
        """Return one page of the list of packages."""
        body = {"offset": offset, "limit": limit}
        answer = self._wire.ask(PACKAGES, self._url, body=body, headers=LANGUAGE)
        if not isinstance(answer.get("free_resource_packages"), list):
            raise unusable(200, PACKAGES)
        return answer

    def deductions(
        self, package_id: str, since: datetime, until: datetime
    ) -> tuple[Deduction, ...]:
        """Return what was booked, in as many spans as the time needs."""
        first, last = (at.astimezone(BEIJING).date() for at in (since, until))
        found: list[Deduction] = []
        while first <= last:
            end = min(first + SPAN, last)
            found += (_deduction(package_id, row) for row in self._records(package_id, first, end))
            first = end + timedelta(days=1)
        wanted = (one for one in found if since <= one.at < until)
        return tuple(sorted(wanted, key=lambda one: one.at))

    def _records(self, package_id: str, first: date, last: date) -> Iterator[dict[str, Any]]:
        offset = 0
        for _ in range(MOST_PAGES):
            query = (
                ("free_resource_id", package_id),
                ("deduct_time_begin", first.isoformat()),
                ("deduct_time_end", last.isoformat()),
                ("offset", str(offset)),
                ("limit", str(RECORD_PAGE)),
            )
            answer = self._wire.ask(RECORDS, self._url, query=query, headers=LANGUAGE)
            rows = answer.get("free_resource_records")
            if not isinstance(rows, list):
                raise unusable(200, RECORDS)
            yield from (row for row in objects(rows) if moment(row.get("deduct_time")))
            offset += len(rows)
            if len(rows) < RECORD_PAGE:
                return


def _by_id(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return answers by id. Of an id that is there twice nobody knows which one counts."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if name := text(row.get("free_resource_id")):
            found[name].append(row)
    return found


def _usage(asked_id: str, row: dict[str, Any]) -> Usage:
    return Usage(
        asked_id=asked_id,
        package_id=text(row.get("free_resource_id")),
        name=text(row.get("free_resource_type_name")),
        usage_name=text(row.get("usage_type_name")),
        remaining=amount(row.get("amount")),
        total=amount(row.get("original_amount")),
        unit_id=text(row.get("measure_id")),
        cycle_start=moment(row.get("start_time")),
        cycle_end=moment(row.get("end_time")),
        is_resetting=row.get("quota_reuse_cycle") is not None,
        line=_line(text(row.get("free_resource_type_name")), text(row.get("usage_type_name"))),
    )


def _package(row: dict[str, Any], part: dict[str, Any]) -> SharedPackage:
    is_scoped = row.get("enterprise_project_scope") == 1
    return SharedPackage(
        package_id=text(part.get("free_resource_id")),
        name=text(row.get("product_name")),
        usage_name=text(part.get("usage_type_name")),
        region=text(row.get("region_code")),
        remaining=amount(part.get("amount")),
        total=amount(part.get("original_amount")),
        unit_id=text(part.get("measure_id")),
        effective_at=moment(row.get("effective_time")),
        expires_at=moment(row.get("expire_time")),
        status=int(row["status"]),
        order_id=text(row.get("order_id")),
        service=text(row.get("service_type_code")),
        is_resetting=row.get("quota_reuse_mode") == 1,
        scope_id=text(row.get("enterprise_project_id")) if is_scoped else "",
        line=_line(text(row.get("product_name")), text(part.get("usage_type_name"))),
    )


def _line(*names: str) -> str:
    """Return the BGP type that a package's names tell; "" where none or several do."""
    said = " ".join(names).casefold()
    found = [line for line, words in LINES.items() if any(word in said for word in words)]
    return found[0] if len(found) == 1 else ""


def _deduction(package_id: str, row: dict[str, Any]) -> Deduction:
    at = moment(row.get("deduct_time"))
    if at is None:  # `_records` lets none of these through
        raise unusable(200, RECORDS)
    return Deduction(
        at=at,
        package_id=text(row.get("free_resource_id")) or package_id,
        resource_id=text(row.get("resource_id")),
        resource_type=text(row.get("resource_type_code")),
        before=amount(row.get("available_amount")),
        used=amount(row.get("used_amount")),
        after=amount(row.get("remaining_amount")),
        unit_id=text(row.get("measure_id")),
    )
