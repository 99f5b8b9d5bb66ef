"""The gateway's bodies, dialect by dialect. Source: docs/reference/vendor.md#submit and docs/reference/vendor.md#status (S1 to S4, G1 to G3, G5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from hailuo.simulator.faults import Failure, FaultName
from hailuo.simulator.options import Profile
from hailuo.simulator.tasks import Phase, Task, TaskState

Body = dict[str, object]


class Words(NamedTuple):
    """What a phase is called: in the documented bodies, in new-api's TaskDto, and by MiniMax inside that."""

    shown: str
    legacy: str
    minimax: str


WORDS = {
    Phase.ACCEPTED: Words("queued", "NOT_START", "Preparing"),
    Phase.QUEUED: Words("in_progress", "IN_PROGRESS", "Queueing"),
    Phase.RENDERING: Words("in_progress", "IN_PROGRESS", "Processing"),
    Phase.COMPLETED: Words("completed", "SUCCESS", "Success"),
    Phase.FAILED: Words("failed", "FAILURE", "Fail"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTask:
    """A task and its state now. `url` and `clip_bytes` are None until known; `amount` is JSON, None for no field."""

    task: Task
    state: TaskState
    url: str | None = None
    clip_bytes: int | None = None
    amount: object = None

    @property
    def failure(self) -> Failure | None:
        return self.task.fault.failure if self.state.phase is Phase.FAILED and self.task.fault else None

    @property
    def reason(self) -> str:
        return self.task.fault.message if self.task.fault else ""


def submit_body(task: Task, profile: Profile) -> Body:
    """The body of an accepted POST."""
    body = _common(task) | {"task_id": task.task_id, "status": "", "progress": 0}
    match profile:
        case Profile.IMAROUTER:
            return body
        case Profile.NEWAPI:
            return body | {"status": "queued"}
        case Profile.ENVELOPED:
            return enveloped(body)
        case Profile.SEED:
            return {"id": task.task_id} if task.number % 2 else {"task_id": task.task_id}


def status_body(show: ShownTask, profile: Profile) -> Body:
    """The body of `GET /v1/videos/{id}`."""
    match profile:
        case Profile.IMAROUTER:
            return _documented(show)
        case Profile.NEWAPI:
            return _plain(show)
        case Profile.ENVELOPED:
            return enveloped(_documented(show))
        case Profile.SEED:
            return _sample(show)


def legacy_body(show: ShownTask) -> Body:
    """The body of `GET /v1/video/generations/{id}`: new-api's TaskDto, with its own vocabulary."""
    phase = show.state.phase
    created, updated = _created(show.task), _seconds(show)
    return enveloped(
        {
            "id": show.task.number,
            "task_id": show.task.task_id,
            "platform": "hailuo",
            "action": "generate",
            "status": WORDS[phase].legacy,
            "progress": f"{show.state.progress}%",
            "fail_reason": show.reason if phase is Phase.FAILED else "",
            "result_url": show.url or "",
            "submit_time": created,
            "start_time": 0 if phase is Phase.ACCEPTED else created,
            "finish_time": updated if phase in (Phase.COMPLETED, Phase.FAILED) else 0,
            "data": {
                "status": WORDS[phase].minimax,
                "base_resp": {"status_code": 0, "status_msg": "success"},
            },
        }
    )


def reshaped(body: Body, show: ShownTask) -> Body:
    """The body as a task's fault shapes it: in another gateway's words, or without its URL."""
    task, state = show.task, show.state
    ended = state.phase is Phase.COMPLETED
    if task.meets(FaultName.SHAPE_KLING):
        result = {"task_result": {"videos": [{"id": "1", "url": show.url}]}} if ended else {}
        word = "succeed" if ended else "processing"
        return {"code": 0, "data": {"task_id": task.task_id, "task_status": word, **result}}
    if task.meets(FaultName.SHAPE_MINIMAX):
        word, content = ("succeeded", {"url": show.url}) if ended else ("processing", {})
        inner = {"id": task.task_id, "status": word, "content": content}
        return {"task": inner, "base_resp": {"status_code": 0, "status_msg": "success"}}
    if ended and task.meets(FaultName.END_IN_UNKNOWN_WORD):
        shown = body.get("data", body)
        assert isinstance(shown, dict)  # noqa: S101 (for the type checker: an envelope holds an object)
        shown["status"] = "reticulated"
    return body


def balance_body(left_usd: Decimal, *, used_usd: Decimal) -> Body:
    """The body of `GET /api/usage/token/user-balance`."""
    data = {
        "object": "user_balance",
        "user_id": 1,
        "username": "simulated",
        "balance_usd": float(left_usd),
        "used_amount_usd": float(used_usd),
    }
    return {"success": True, "message": "", "data": data}


def enveloped(data: Mapping[str, object]) -> Body:
    """`{"code": "success", "message": "", "data": {...}}`."""
    return {"code": "success", "message": "", "data": dict(data)}


def _common(task: Task) -> Body:
    return {
        "id": task.task_id,
        "object": "video",
        "model": task.order.model,
        "created_at": _created(task),
    }


def _created(task: Task) -> int:
    return int(task.accepted_at.timestamp())


def _seconds(show: ShownTask) -> int:
    return int(show.state.updated_at.timestamp())


def _base(show: ShownTask) -> Body:
    """The fields of every dialect. Traps: completed_at is when the row last changed, at every status; and the url
    is "" while running, and may be the text of the failure afterwards.
    """
    return _common(show.task) | {
        "status": WORDS[show.state.phase].shown,
        "progress": show.state.progress,
        "completed_at": _seconds(show),
        "metadata": {"url": show.reason if show.failure is Failure.IN_URL else show.url or ""},
    }


def _documented(show: ShownTask) -> Body:
    body = _base(show) | {"task_id": show.task.task_id} | _error(show)
    if show.amount is not None:
        body["amount_usd"] = show.amount
    if show.state.phase is not Phase.COMPLETED and show.failure is not Failure.WITH_URL:
        return body
    body["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    if show.url:
        result = {
            "url": show.url,
            "width": show.task.width,
            "height": show.task.height,
            "duration": show.task.order.duration,
            "content_type": "video",
        }
        body["results"] = [result if show.clip_bytes is None else result | {"size": show.clip_bytes}]
    return body


def _plain(show: ShownTask) -> Body:
    """new-api's own: `unknown` until its first refresh, and no task_id, results or amount."""
    unknown = {"status": "unknown"} if show.state.phase is Phase.ACCEPTED else {}
    return _base(show) | unknown | _error(show)


def _sample(show: ShownTask) -> Body:
    """The dialect of the vendor's product page: two places for the URL, and the error is a text."""
    body: Body = {"id": show.task.task_id, "status": WORDS[show.state.phase].shown}
    if show.failure not in (None, Failure.ABSENT):
        body["error"] = show.reason
    if show.url is None:
        return body
    return body | ({"video": {"url": show.url}} if show.task.number % 2 else {"output": [{"url": show.url}]})


def _error(show: ShownTask) -> Body:
    match show.failure:
        case Failure.OBJECT | Failure.WITH_URL:
            code = show.task.fault.code if show.task.fault else ""
            return {"error": {"code": code, "message": show.reason}}
        case Failure.STRING:
            return {"error": show.reason}
        case Failure.ABSENT | Failure.IN_URL | None:
            return {}
