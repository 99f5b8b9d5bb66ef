"""Answers changed on the way: a strategy that mutates what the simulator says, and the wire that delivers it."""

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import strategies as st

from hailuo.simulator import Simulator, SimulatorTransport

_WORDS = (
    "completed", "failed", "succeed", "error", "in_progress", "reticulating", "SUCCESS", "", "task_1", "1002", "1008",
    "1026", "task_not_exist", "insufficient_user_quota", "fail_to_fetch_task", "https://cdn.example/a.mp4",
    "/v1/videos/x/content", "file:///etc/passwd", "50%", "1e1000000", "-1", "\ud800", "\u202e", "a" * 9_000,
)  # fmt: skip
_KEYS = st.sampled_from(
    [
        "id",
        "task_id",
        "status",
        "progress",
        "data",
        "task",
        "error",
        "code",
        "message",
        "base_resp",
        "status_code",
        "metadata",
        "url",
        "results",
        "amount_usd",
        "created_at",
        "completed_at",
        "output",
        "success",
        "balance_usd",
    ]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(_WORDS)
    | st.sampled_from([10**400, -(10**40), 1e308])
)
JSONS = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=12,
)
_RAW = st.binary(max_size=60) | st.sampled_from(
    [
        b"",
        b"[" * 50_000,
        b'{"a":' * 20_000,
        b"<html>403 Forbidden</html>",
        b"http:/" * 170_000,
        b'{"balance_usd": 1e999999999999999999999}',
        b'{"progress": ' + b"9" * 5_000 + b"}",
    ]
)
_RETRY_AFTER = st.sampled_from(
    ["86400", "1e9", "0", "-5", "nan", "Sun, 22 Nov 2099 22:01:00 GMT", "9" * 30, "soon"]
)
_STATUSES = st.sampled_from(
    [200, 201, 202, 204, 301, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 599]
)
_CODES = st.sampled_from(
    [
        "1000",
        "1001",
        "1002",
        "1008",
        "1026",
        "1027",
        "1042",
        "2013",
        "9999",
        "invalid_request",
        "task_not_exist",
        "fail_to_fetch_task",
        "do_request_failed",
        "insufficient_user_quota",
        "",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """What becomes of one answer; each field that is set changes it, in the order of the fields."""

    value: tuple[int, object] | None = None
    """Another value for one of the answer's fields, by number."""

    left_out: int | None = None
    twice: object = None
    """A value that a field has a second time, in front."""

    wrapped: str | None = None
    refused: tuple[str, str] | None = None
    """The shape and the code of a refusal in its place."""

    naming: bool = False
    """The refusal names the task all the same."""

    other: bool = False
    """An earlier answer, about another task, in its place."""

    raw: bytes | None = None
    cut_to: float | None = None
    status: int | None = None
    retry_after: str | None = None
    lost: bool = False
    """No answer comes, after the request was served."""

    after: int = 0
    """So many answers before this one pass unchanged."""


MUTATIONS = st.one_of(
    st.just(Mutation()),
    st.builds(Mutation, value=st.tuples(st.integers(0, 20), JSONS)),
    st.builds(Mutation, value=st.tuples(st.integers(0, 20), JSONS), status=_STATUSES),
    st.builds(Mutation, value=st.tuples(st.integers(0, 20), JSONS), wrapped=_KEYS),
    st.builds(Mutation, left_out=st.integers(0, 20)),
    st.builds(Mutation, twice=st.sampled_from(_WORDS)),
    st.builds(Mutation, wrapped=st.sampled_from(["data", "task", "result", "output", "response", "x", "[]"])),
    st.builds(
        Mutation,
        refused=st.tuples(st.sampled_from(["flat", "nested", "text", "minimax"]), _CODES),
        status=_STATUSES,
        retry_after=st.none() | _RETRY_AFTER,
    ),
    st.builds(
        Mutation,
        refused=st.tuples(st.sampled_from(["flat", "nested", "text", "minimax"]), _CODES),
        naming=st.just(True),
        status=_STATUSES,
    ),
    st.builds(Mutation, other=st.just(True), after=st.integers(0, 6)),
    st.builds(Mutation, other=st.just(True), after=st.integers(6, 12)),
    st.builds(Mutation, raw=_RAW, status=_STATUSES),
    st.builds(Mutation, raw=JSONS.map(lambda value: json.dumps(value).encode()), status=_STATUSES),
    st.builds(Mutation, cut_to=st.floats(0, 1)),
    st.builds(Mutation, status=_STATUSES, retry_after=st.none() | _RETRY_AFTER),
    st.builds(Mutation, lost=st.just(True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One answer of the API: what was asked, what the simulator meant, and what arrived (None: nothing)."""

    method: str
    path: str
    sent: dict[str, Any]
    meant: dict[str, Any]
    status: int
    arrived: bytes | None

    @property
    def text(self) -> str:
        return (self.arrived or b"").decode("utf-8", "replace")


@dataclass(kw_only=True)
class MutatingWire(httpx.AsyncBaseTransport):
    """The simulator's wire: the API's answers are changed one by one, then pass unchanged. Clips are never changed."""

    simulator: Simulator
    mutations: Sequence[Mutation]
    delivered: list[Delivered] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._inner = SimulatorTransport(self.simulator.app)
        self._left: Iterator[Mutation] = (
            due for one in self.mutations for due in (*[Mutation()] * one.after, one)
        )

    def stop_changing(self) -> None:
        """Deliver every further answer as it was meant."""
        self._left = iter(())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The simulator's answer as it arrives. Raises httpx.ReadError where none does."""
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        if "json" not in answer.headers.get("content-type", ""):
            return answer
        meant = answer.json()
        arrived = _arrived(next(self._left, Mutation()), answer, meant, self.delivered)
        self.delivered.append(
            Delivered(
                method=request.method,
                path=request.url.path,
                sent=json.loads(request.content) if request.content else {},
                meant=meant,
                status=arrived.status_code if arrived else 0,
                arrived=arrived.content if arrived else None,
            )
        )
        if arrived is None:
            raise httpx.ReadError("lost", request=request)
        return arrived


def _arrived(
    mutation: Mutation, answer: httpx.Response, meant: dict[str, Any], before: Sequence[Delivered]
) -> httpx.Response | None:
    if mutation.lost:
        return None
    content = json.dumps(
        _changed(mutation, before[-1].meant if mutation.other and before else meant)
    ).encode()
    if isinstance(mutation.twice, str) and content.startswith(b"{"):
        pairs = "".join(f"{json.dumps(key)}: {json.dumps(mutation.twice)}, " for _, key in _places(meant))
        content = b"{" + pairs.encode() + content[1:]
    content = content if mutation.raw is None else mutation.raw
    if mutation.cut_to is not None:
        content = content[: int(len(content) * mutation.cut_to)]
    headers = {"Content-Type": "application/json"}
    if mutation.retry_after is not None:
        headers["Retry-After"] = mutation.retry_after
    return httpx.Response(mutation.status or answer.status_code, content=content, headers=headers)


def _of_another(meant: dict[str, Any], before: Sequence[Delivered]) -> dict[str, Any]:
    others = (
        one.meant for one in reversed(before) if one.meant.get("task_id") not in {None, meant.get("task_id")}
    )
    return next(others, meant)


def _changed(mutation: Mutation, meant: dict[str, Any]) -> object:
    if mutation.refused:
        named = {"task_id": meant.get("task_id")} if mutation.naming else {}
        return _refusal(*mutation.refused) | named
    body = copy.deepcopy(meant)
    places = _places(body)
    if mutation.value:
        holder, key = places[mutation.value[0] % len(places)]
        holder[key] = mutation.value[1]
    if mutation.left_out is not None:
        holder, key = places[mutation.left_out % len(places)]
        del holder[key]
    if mutation.wrapped:
        return [body] if mutation.wrapped == "[]" else {mutation.wrapped: body}
    return body


def _places(body: object) -> list[tuple[dict[str, Any], str]]:
    """Every field of the document, from outside in."""
    if isinstance(body, list):
        return [place for inner in body for place in _places(inner)]
    if not isinstance(body, dict):
        return []
    return [*((body, key) for key in body), *(place for inner in body.values() for place in _places(inner))]


def _refusal(shape: str, code: str) -> dict[str, object]:
    match shape:
        case "flat":
            return {"code": code, "message": "no", "data": None}
        case "nested":
            return {"error": {"message": "no", "type": "new_api_error", "code": code}}
        case "minimax":
            digits = int(code) if code.isdigit() else 7
            return {"task_id": "", "base_resp": {"status_code": digits, "status_msg": "no"}}
        case _:
            return {"error": "no"}
