"""An emulated Huawei Cloud on a port; calls are signed by the vendor's own library."""

import json
from typing import Any

import httpx
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from emulators.clock import ManualClock
from emulators.huawei import HuaweiEmulator
from emulators.huawei.world import DEMO, HONG_KONG, PROJECTS, DemoKeys

INTL = DEMO["intl"]
PROJECT = PROJECTS[INTL.domain_id][HONG_KONG]
USAGES = "/v2/payments/free-resources/usages/details/query"
DETAIL = f"/v1/{PROJECT}/cloudservers/detail"
ACTION = f"/v1/{PROJECT}/cloudservers/action"
METRICS = f"/V1.0/{PROJECT}/batch-query-metric-data"


class Hub:
    """The emulator, its clock, and a client."""

    def __init__(
        self, emulator: HuaweiEmulator, clock: ManualClock, url: str, http: httpx.Client
    ) -> None:
        self.emulator, self.clock, self.url, self.http = emulator, clock, url, http

    def call(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        keys: DemoKeys = INTL,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        sent: bytes | None = None,
        place: str = "",
    ) -> httpx.Response:
        """Sign and send; `sent` replaces the body after it was signed."""
        text = "" if body is None else json.dumps(body)
        request = SdkRequest(
            method=method,
            host=self.url.removeprefix("http://"),
            resource_path=path,
            query_params=list((query or {}).items()),
            header_params={"Content-Type": "application/json", **(headers or {})},
            body=text,
        )
        Signer(BasicCredentials(keys.access_key, keys.secret_key)).sign(request)
        prefix = f"/huawei/{service}{f'/{place}' if place else ''}"
        return self.http.request(
            method,
            f"{self.url}{prefix}{request.uri}",
            headers=request.header_params,
            content=text.encode() if sent is None else sent,
        )

    def left(self, name: str) -> float:
        """GB left of a plan's package, as billing answers."""
        ids = [self.emulator.package(name).id]
        rows = self.call("bss", "POST", USAGES, {"free_resource_ids": ids}).json()
        return float(rows["free_resources"][0]["amount"])

    def control(self, method: str, path: str, values: Any = None) -> httpx.Response:
        """Use the control API."""
        return self.http.request(method, f"{self.url}/huawei/control{path}", json=values)
