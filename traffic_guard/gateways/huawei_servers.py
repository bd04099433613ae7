"""Huawei Cloud's servers through its own library, with limits and nothing but our keys."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.client import ClientBuilder
from huaweicloudsdkcore.exceptions.exception_handler import ExceptionHandler
from huaweicloudsdkcore.exceptions.exceptions import SdkException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkecs.v2 import (
    BatchRebootServersRequest,
    BatchRebootServersRequestBody,
    BatchRebootSeversOption,
    BatchStartServersOption,
    BatchStartServersRequest,
    BatchStartServersRequestBody,
    BatchStopServersOption,
    BatchStopServersRequest,
    BatchStopServersRequestBody,
    EcsClient,
    ListServersDetailsRequest,
    ServerId,
    ShowJobRequest,
)
from requests.adapters import HTTPAdapter

from bots.gateways.sessions import tame
from traffic_guard.gateways import wire
from traffic_guard.gateways.accounts import Keys, Place
from traffic_guard.gateways.answers import Call, from_answer, unusable
from traffic_guard.gateways.endpoints import ecs_url
from traffic_guard.gateways.errors import Kind, Refused
from traffic_guard.gateways.server_parsing import job, live_server
from traffic_guard.gateways.servers import Job, LiveServer
from traffic_guard.gateways.wire import Meter, unreachable

DETAILS = Call("ecs", "GET", "/v1/*/cloudservers/detail", "ecs:cloudServers:listServersDetails")
STOP = Call("ecs", "POST", "/v1/*/cloudservers/action", "ecs:cloudServers:stop", writes=True)
START = Call("ecs", "POST", "/v1/*/cloudservers/action", "ecs:cloudServers:start", writes=True)
REBOOT = Call("ecs", "POST", "/v1/*/cloudservers/action", "ecs:cloudServers:reboot", writes=True)
JOB = Call("ecs", "GET", "/v1/*/jobs/*")
BATCH = 100
PAGE = 1000
MOST_PAGES = 100

T = TypeVar("T")

# it logs addresses with ids in them, and its errors, which are ours to tell, go to stderr
logging.getLogger("HuaweiCloud-SDK-_Client").setLevel(logging.CRITICAL)


class Servers:
    """The servers of one account. A library client lives for one call: it survives no fork."""

    def __init__(self, keys: Keys, meter: Meter) -> None:
        self._keys, self._meter = keys, meter

    def servers(self, place: Place) -> tuple[LiveServer, ...]:
        """Return every server, page by page."""
        found: dict[str, LiveServer] = {}
        marker: str | None = None
        for _page in range(MOST_PAGES):
            page = self.details(place, limit=PAGE, marker=marker)
            before = len(found)
            found |= {server.server_id: server for server in page}
            if len(page) < PAGE or len(found) == before:
                break
            marker = page[-1].server_id
        return tuple(found.values())

    def states(self, place: Place, server_ids: Sequence[str]) -> dict[str, LiveServer]:
        """Return servers by id."""
        ids = tuple(dict.fromkeys(filter(None, server_ids)))
        found: dict[str, LiveServer] = {}
        for start in range(0, len(ids), BATCH):
            asked = ids[start : start + BATCH]
            page = self.details(place, limit=BATCH, server_id=",".join(asked))
            found |= {server.server_id: server for server in page if server.server_id in asked}
        return found

    def details(self, place: Place, **query: Any) -> list[LiveServer]:
        """Return one page of servers."""

        def ask(client: EcsClient) -> list[LiveServer]:
            answer = client.list_servers_details(ListServersDetailsRequest(**query))
            if answer.status_code != 200 or not isinstance(answer.servers, list):
                raise unusable(answer.status_code, DETAILS)
            rows = (live_server(row) for row in answer.servers)
            return [row for row in rows if row.server_id]

        return self._call(place, DETAILS, ask)

    def stop(self, place: Place, server_ids: Sequence[str], *, hard: bool) -> str:
        """Ask for a stop."""
        option = BatchStopServersOption(servers=_servers(server_ids), type=_type(hard=hard))
        request = BatchStopServersRequest(body=BatchStopServersRequestBody(os_stop=option))
        return self._act(place, STOP, lambda client: client.batch_stop_servers(request))

    def start(self, place: Place, server_ids: Sequence[str]) -> str:
        """Ask for a start."""
        option = BatchStartServersOption(servers=_servers(server_ids))
        request = BatchStartServersRequest(body=BatchStartServersRequestBody(os_start=option))
        return self._act(place, START, lambda client: client.batch_start_servers(request))

    def reboot(self, place: Place, server_ids: Sequence[str], *, hard: bool) -> str:
        """Ask for a reboot."""
        option = BatchRebootSeversOption(servers=_servers(server_ids), type=_type(hard=hard))
        request = BatchRebootServersRequest(body=BatchRebootServersRequestBody(reboot=option))
        return self._act(place, REBOOT, lambda client: client.batch_reboot_servers(request))

    def _act(self, place: Place, call: Call, send: Callable[[EcsClient], Any]) -> str:
        def ask(client: EcsClient) -> str:
            answer = send(client)
            job_id = answer.job_id
            if answer.status_code not in (200, 202) or not isinstance(job_id, str) or not job_id:
                raise unusable(answer.status_code, call)
            return job_id

        return self._call(place, call, ask)

    def job(self, place: Place, job_id: str) -> Job:
        """Return how far a job is."""

        def ask(client: EcsClient) -> Job:
            answer = client.show_job(ShowJobRequest(job_id=job_id))
            if answer.status_code != 200 or not answer.status:
                raise unusable(answer.status_code, JOB)
            return job(job_id, answer)

        return self._call(place, JOB, ask)

    def _call(self, place: Place, call: Call, ask: Callable[[EcsClient], T]) -> T:
        self._meter.before(call)
        client = _client(self._keys, place, call)
        try:
            return ask(client)
        except SdkException as error:
            # what requests told is its context; its own text may hold ids
            raise unreachable(error.__context__, call) from None
        except requests.RequestException as error:  # read time-outs are not the library's
            raise unreachable(error, call) from None
        except (ValueError, TypeError, AttributeError, KeyError):
            # JSON that is not what the library expects
            raise unusable(200, call) from None
        finally:
            client.release()


class _Client(EcsClient):  # type: ignore[misc] # the library has no types
    """The library's client for one call."""

    prefix = ""

    def _call_api(self, **kwargs: Any) -> Any:
        # the library's own repeats the whole call after a TypeError, a stop too
        return self.do_http_request(**kwargs)

    def _do_http_request_sync(self, request: Any) -> Any:
        # the library forgets the path of an address, as a stand-in may have one
        request.uri = f"{self.prefix}{request.uri}"
        return super()._do_http_request_sync(request)

    def release(self) -> None:
        """Close its connections and let its threads go."""
        self.close()
        self.get_http_client().executor.shutdown()


class _Refusal(ExceptionHandler):  # type: ignore[misc] # the library has no types
    """Makes our errors of answers at once: the library's cannot leave a task, and keep HTML."""

    def __init__(self, call: Call, access_key: str) -> None:
        self._call, self._access_key = call, access_key

    def handle_exception(self, request: Any, response: Any) -> None:  # noqa: ARG002 - its shape
        """Raise what the answer means."""
        raise from_answer(
            response.status_code,
            response.headers,
            response.content,
            self._call,
            self._access_key,
        )


def _client(keys: Keys, place: Place, call: Call) -> _Client:
    """Build a client from these keys and this address alone.

    Without keys the library would use the host's own, with a region beside the endpoint it would
    fall back to the real cloud, without a project id it would ask IAM or send a placeholder.
    """
    if keys.is_blank or not place.project_id.strip():
        # a server without its project is no fault of the account
        kind = Kind.BLANK_KEYS if keys.is_blank else Kind.NOT_FOUND
        raise Refused("", _("The keys or the project are missing."), kind=kind)
    url = urlsplit(ecs_url(place.region))
    client: _Client = (
        ClientBuilder(_Client)
        .with_credentials(BasicCredentials(keys.access_key, keys.secret_key, place.project_id))
        .with_http_config(HttpConfig(timeout=wire.LIMITS, retry_times=0, user_agent="botharbor"))
        .with_exception_handler(_Refusal(call, keys.access_key))
        .with_endpoint(f"{url.scheme}://{url.netloc}")
        .build()
    )
    client.prefix = url.path
    # the library's own adapters make a failure without headers of each 429 to a GET
    session = tame(client.get_http_client()._session)
    session.mount("http://", HTTPAdapter())
    session.trust_env = not wire.is_local(url.geturl())
    return client


def _servers(server_ids: Sequence[str]) -> list[ServerId]:
    ids = list(dict.fromkeys(server_ids))
    if not 1 <= len(ids) <= BATCH:
        raise ValueError(f"{len(ids)} servers: between 1 and {BATCH} can be named")
    return [ServerId(id=server_id) for server_id in ids]


def _type(*, hard: bool) -> str:
    return "HARD" if hard else "SOFT"
