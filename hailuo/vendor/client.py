"""The vendor's API, and the only HTTP to it: submit, status, balance, pictures of people, download.

What an answer means is read in `faults` and `status`; nothing here retries. A submit goes out exactly once,
on a connection of its own: on a kept one that the server has just closed it would be lost "after send".
httpx itself takes proxies and certificates from the environment: `hailuo.settings` names the variables. It reads no netrc
file.
"""

from __future__ import annotations  # httpx is not loaded for its types

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from pydantic import SecretStr

from hailuo.campaign.variant import canonical_json
from hailuo.lazy import lazy_module
from hailuo.logs import quiet_logger
from hailuo.vendor.assets import (
    Asset,
    asset_request,
    group_request,
    list_request,
    read_asset,
    read_assets,
    refusal_in,
)
from hailuo.vendor.connections import Connector, checked_base_url, checked_key
from hailuo.vendor.download import (
    MEBIBYTE,
    Downloaded,
    Downloader,
    DownloadFault,
    Resolve,
    literals_only,
    system_resolve,
)
from hailuo.vendor.error_table import Cause
from hailuo.vendor.read_fault import (
    Fault,
    fault_about_another,
    fault_about_picture,
    fault_of,
    read_fault,
    request_id_of,
)
from hailuo.vendor.status import TaskPhase, TaskStatus, other_task_in, read_status
from hailuo.vendor.wire import parse_json, read_balance, read_models, task_id_of, without_secrets

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

NO_BALANCE_REPORTED: Final = frozenset({200, 404, 501})
"""HTTP statuses with which a gateway answers that has no balance to show."""

SUBMIT_SECONDS_AT_MOST = 360.0
"""After so long a submit has an answer or is UNCLEAR; no worker still waits for an answer to an older intent."""

_READ_SECONDS_AT_MOST = 60.0
_ANSWER_BYTES_AT_MOST = MEBIBYTE
# ImaRouter's own examples give a POST 300 s: on some routes the gateway fetches the image first.
_SUBMIT_SECONDS: Final = {"connect": 15.0, "write": 60.0, "read": 300.0, "pool": 15.0}
_READ_SECONDS: Final = {"connect": 15.0, "write": 30.0, "read": 30.0, "pool": 30.0}
_DOWNLOAD_SECONDS: Final = {"connect": 15.0, "write": 30.0, "read": 60.0, "pool": 60.0}
_FRESH_CONNECTIONS: Final = {"max_connections": None, "max_keepalive_connections": 0}
_KEPT_CONNECTIONS: Final = {"max_connections": 32, "max_keepalive_connections": 8}

_NO_TASK: Final = "task_that_does_not_exist"
_LOGGERS: Final = (
    "httpx",  # INFO: each request's URL
    "httpcore.connection",
    "httpcore.http11",  # DEBUG: each answer's headers, Location among them
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)

_log = quiet_logger("hailuo.api")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The vendor took the order: the task exists and is paid."""

    task_id: str
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    headers: httpx.Headers

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class VideoClient:
    """One account at the vendor, inside `async with`. The key shows in no text, value, log or repr.

    `base_url` is without `/v1`, and https unless on loopback. A `transport` serves everything in place of
    sockets, and is closed with the client. `resolve` looks host names up for the check of clip URLs. `status_words`
    are words for a task's status, in lower case, that the vendor uses beside the known ones.
    Raises ValueError for a base URL or a key that cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: SecretStr,
        transport: httpx.AsyncBaseTransport | None = None,
        user_agent: str = "hailuo-campaigns",
        resolve: Resolve | None = None,
        status_words: Mapping[str, TaskPhase] | None = None,
    ) -> None:
        self._status_words = status_words or {}
        self.base_url, host = checked_base_url(base_url)
        self._secret = checked_key(key)
        self._log_filter = _SecretFilter(self._secret)
        self._connect = Connector(self.base_url, host, transport=transport, user_agent=user_agent)
        self._resolve = resolve or (literals_only if transport else system_resolve)

    async def submit(self, request: Mapping[str, object]) -> Accepted | Fault:
        """Orders a clip; sends the request exactly once. Raises no httpx error; a cancellation goes through.

        Raises ValueError, with nothing sent, for a request that is no JSON.
        """
        content = canonical_json(request)
        answer = await self._ask(self._submits, "POST", "v1/videos", content)
        outcome = answer if isinstance(answer, Fault) else self._acceptance(answer)
        self._log_answer("submit", outcome, None)
        return outcome

    async def status(self, task_id: str) -> TaskStatus | Fault:
        """The task's status. A fault is a missed poll: it says nothing about the task.

        The fault named `task_not_exist` is the gateway not knowing the id, and `answer_about_another_task` an answer
        that names another one.
        """
        answer = await self._ask(self._reads, "GET", _task_path(task_id))
        outcome = answer if isinstance(answer, Fault) else self._task_status(answer, task_id)
        self._log_answer("status", outcome, task_id)
        return outcome

    def content_url(self, task_id: str) -> str:
        """The API's own address of a finished task's clip, which needs the key: docs/reference/vendor.md#fetching-the-clip."""
        return f"{self.base_url.rstrip('/')}/{_task_path(task_id)}/content"

    async def balance(self) -> Decimal | Fault:
        """The account's balance in USD; the vendor takes a clip's price at submit.

        Source: ImaRouter's OpenAPI, `GET /api/usage/token/user-balance`. A plain new-api has no such route.
        """
        answer = await self._ask(self._reads, "GET", "api/usage/token/user-balance")
        if isinstance(answer, Fault):
            return answer
        balance = read_balance(parse_json(answer.body)) if answer.is_success else None
        return self._fault(answer) if balance is None else balance

    async def models(self) -> frozenset[str] | Fault:
        """The names of the models that this key may use: `GET /v1/models`, which is free."""
        answer = await self._ask(self._reads, "GET", "v1/models")
        if isinstance(answer, Fault):
            return answer
        names = read_models(parse_json(answer.body)) if answer.is_success else None
        return self._fault(answer) if names is None else names

    async def create_asset_group(self, name: str, *, upload_model: str | None) -> Asset | Fault:
        """Makes a group for registered pictures, which is free. Sends the request once."""
        return await self._asset("v1/assets/group/create", group_request(name, upload_model))

    async def asset_groups(self, *, upload_model: str | None) -> tuple[Asset, ...] | Fault:
        """The groups of registered pictures."""
        return await self._assets(
            "v1/assets/group/list", list_request(group_id=None, upload_model=upload_model)
        )

    async def create_asset(
        self, name: str, url: str, *, group_id: str, upload_model: str | None
    ) -> Asset | Fault:
        """Registers the picture at a URL, which is free. Sends the request once; it is usable once it is active."""
        body = asset_request(name, url, group_id=group_id, upload_model=upload_model)
        return await self._asset("v1/assets/create", body)

    async def asset(self, asset_id: str) -> Asset | Fault:
        """What became of a registered picture."""
        return await self._asset("v1/assets/get", {"id": asset_id})

    async def assets(self, *, group_id: str, upload_model: str | None) -> tuple[Asset, ...] | Fault:
        """The registered pictures of a group."""
        return await self._assets(
            "v1/assets/list", list_request(group_id=group_id, upload_model=upload_model)
        )

    async def strangeness(self) -> Fault | None:
        """Why this address is no vendor of videos, by its answer about a task that does not exist; None if it may be one."""
        answer = await self._ask(self._reads, "GET", _task_path(_NO_TASK))
        if isinstance(answer, Fault):
            return answer
        fault = self._fault(answer)
        is_readable = isinstance(parse_json(answer.body), dict)
        return None if is_readable and fault.cause is not Cause.CONFIGURATION else fault

    async def download(
        self, url: str, to: Path, *, bytes_at_most: int = 500 * MEBIBYTE, seconds_at_most: float = 900.0
    ) -> Downloaded | DownloadFault:
        """The clip at `url` into the file `to`, whole, an mp4, and on the disk; on a fault there is no file.

        Raises OSError when the file cannot be written.
        """
        return await self._downloader.fetch(
            url, to, bytes_at_most=bytes_at_most, seconds_at_most=seconds_at_most
        )

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._connect.aclose()
        self._log_filter.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    # Made when first used: a plan opens the vendor and asks it nothing, and TLS takes longer than the plan.

    @cached_property
    def _submits(self) -> httpx.AsyncClient:
        return self._connect.client(_SUBMIT_SECONDS, _FRESH_CONNECTIONS, self._authorization())

    @cached_property
    def _reads(self) -> httpx.AsyncClient:
        return self._connect.client(_READ_SECONDS, _KEPT_CONNECTIONS, self._authorization())

    @cached_property
    def _downloads(self) -> httpx.AsyncClient:
        return self._connect.client(_DOWNLOAD_SECONDS, _FRESH_CONNECTIONS, httpx.Headers())

    @cached_property
    def _downloader(self) -> Downloader:
        return Downloader(
            client=self._downloads,
            api=self._connect.api,
            key=self._secret,
            resolve=self._resolve,
            proxied=self._connect.proxied,
        )

    def _authorization(self) -> httpx.Headers:
        return httpx.Headers({"Authorization": f"Bearer {self._secret.get_secret_value()}"})

    async def _ask(
        self, client: httpx.AsyncClient, method: str, path: str, content: bytes | None = None
    ) -> _Answer | Fault:
        seconds = SUBMIT_SECONDS_AT_MOST if method == "POST" else _READ_SECONDS_AT_MOST
        headers = {"Content-Type": "application/json"} if content else {}
        try:
            async with (
                asyncio.timeout(seconds),
                client.stream(method, path, content=content, headers=headers) as response,
            ):
                return _Answer(
                    status=response.status_code, body=await _body(response), headers=response.headers
                )
        except (httpx.RequestError, OSError) as error:  # OSError: the time is up, or raw TLS trouble
            return fault_of(error, secret=self._secret)

    async def _asset(self, path: str, body: Mapping[str, object]) -> Asset | Fault:
        answer = await self._ask(self._submits, "POST", path, canonical_json(body))
        if isinstance(answer, Fault):
            return answer
        document = parse_json(answer.body)
        if refused := refusal_in(document, secret=self._secret):
            return fault_about_picture(answer.status, answer.headers, refused, secret=self._secret)
        found = read_asset(document, secret=self._secret) if answer.is_success else None
        return found or self._fault(answer, asked="")

    async def _assets(self, path: str, body: Mapping[str, object]) -> tuple[Asset, ...] | Fault:
        answer = await self._ask(self._reads, "POST", path, canonical_json(body))
        if isinstance(answer, Fault):
            return answer
        found = read_assets(parse_json(answer.body), secret=self._secret) if answer.is_success else None
        return self._fault(answer, asked="") if found is None else found

    def _acceptance(self, answer: _Answer) -> Accepted | Fault:
        task_id = task_id_of(parse_json(answer.body)) if answer.is_success else None
        if task_id is None:
            return self._fault(answer)
        return Accepted(task_id=task_id, request_id=request_id_of(answer.headers, secret=self._secret))

    def _task_status(self, answer: _Answer, asked: str) -> TaskStatus | Fault:
        document = parse_json(answer.body) if answer.is_success else None
        other = other_task_in(document, asked)
        if other:
            return fault_about_another(answer.status, answer.headers, other=other, secret=self._secret)
        status = read_status(
            document, asked=asked, secret=self._secret, base_url=self.base_url, words=self._status_words
        )
        return status or self._fault(answer, asked=asked)

    def _fault(self, answer: _Answer, *, asked: str | None = None) -> Fault:
        return read_fault(answer.status, answer.body, answer.headers, secret=self._secret, asked=asked)

    def _log_answer(self, action: str, outcome: Accepted | TaskStatus | Fault, task_id: str | None) -> None:
        """One event per answer, for those who follow a run closely."""
        fields: dict[str, object]
        match outcome:
            case Accepted():
                fields = {"task_id": outcome.task_id, "request_id": outcome.request_id}
            case TaskStatus():
                fields = {"task_id": task_id, "phase": outcome.phase, "word": outcome.word}
            case Fault():
                fields = {"task_id": task_id, "fault": outcome.name, "http_status": outcome.http_status}
        _log.debug("hailuo.api.%s", action, extra={"action": action, **fields})


def _task_path(task_id: str) -> str:
    return f"v1/videos/{quote(task_id, safe='')}"


class _SecretFilter(logging.Filter):
    """Cuts the key and the queries of URLs out of what these loggers say, until `end` is called.

    On the loggers, not on a handler: a terminal, a file and Prefect get the same text.
    """

    def __init__(self, key: SecretStr) -> None:
        super().__init__()
        self._secret = key
        for name in _LOGGERS:
            quiet_logger(name).addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_secrets(record.getMessage(), secret=self._secret)
        record.args = ()
        return True

    def end(self) -> None:
        """Filter the loggers no longer."""
        for name in _LOGGERS:
            quiet_logger(name).removeFilter(self)


async def _body(response: httpx.Response) -> bytes:
    """The body, cut off where no honest answer goes: cut JSON is unreadable, hence UNCLEAR."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _ANSWER_BYTES_AT_MOST:
            break
    return bytes(body[:_ANSWER_BYTES_AT_MOST])
