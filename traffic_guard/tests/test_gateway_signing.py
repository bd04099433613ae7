"""Requests are signed as Huawei Cloud's own library signs them."""

from __future__ import annotations

import hashlib

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from traffic_guard.gateways.accounts import Keys
from traffic_guard.gateways.signing import canonical_request, sign, signature

AK, SK = "DEMOAKEXAMPLE0000001", "demoSecretKeyForDocsOnly/0123456789abcdef"
DATE = "20260115T080000Z"
VECTORS = [
    (
        "POST",
        "/v2/payments/free-resources/usages/details/query",
        (),
        {"Host": "bss.myhuaweicloud.com", "Content-Type": "application/json", "X-Sdk-Date": DATE},
        b'{"free_resource_ids": ["fr-demo-0001"]}',
        "6e5e970209fe6a9e76a01a6efa87a742e3d6b8b705fdfafb49940e93a6f8dbda",
        "e556ae5e02dfd8dbd16d18ff5696b4a6c7cb83439a26bd2e27c63d13adce0721",
    ),
    (
        "GET",
        "/v1/0a1b2c3d4e5f/cloudservers/detail",
        (("limit", "100"), ("name", "web a/b"), ("offset", "1")),
        {
            "Host": "ecs.ap-southeast-1.myhuaweicloud.com",
            "X-Project-Id": "0a1b2c3d4e5f",
            "X-Sdk-Date": DATE,
        },
        b"",
        "8d7ba9e6eddea1a943c5ec628482e584e94ac981fe31ee4d243a154ab00af794",
        "b187807d1e725b922bc04f4c234a46cc848cc8666a2a5ac0064f70d4c53776b7",
    ),
]


@pytest.mark.parametrize(("method", "path", "query", "headers", "body", "digest", "hex_"), VECTORS)
def test_the_published_vectors_come_out(
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    headers: dict[str, str],
    body: bytes,
    digest: str,
    hex_: str,
) -> None:
    canonical = canonical_request(method, path, query, headers, body)
    assert hashlib.sha256(canonical.encode()).hexdigest() == digest
    assert signature(canonical, DATE, SK) == hex_


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v3/projects", ()),
        ("/v1/a%2Fb/jobs/~x", (("marker", "ä é"), ("limit", "1"), ("a", ""), ("a", "0"))),
        ("/v1.0/x/", (("from", "2026-01-05T02:11:00Z"),)),
    ],
)
def test_what_is_sent_is_what_the_library_would_send(
    path: str, query: tuple[tuple[str, str], ...]
) -> None:
    headers = {"Host": "bss.myhuaweicloud.com", "Content-Type": "application/json"}
    ours = sign(Keys("huawei", "cn", AK, SK), "POST", path, query, headers, b'{"a": 1}')
    theirs = SdkRequest(
        method="POST",
        host=headers["Host"],
        resource_path=path,
        query_params=list(query),
        header_params={**headers, "X-Sdk-Date": ours["X-Sdk-Date"]},
        body='{"a": 1}',
    )
    Signer(BasicCredentials(AK, SK)).sign(theirs)
    assert ours["Authorization"] == theirs.header_params["Authorization"]
