"""Downloads of clips: links that expire, ranges, and faults."""

import asyncio
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.requests import Request

from hailuo.simulator.answers import AnswerError, HttpAnswer, xml
from hailuo.simulator.clips import ClipMaker
from hailuo.simulator.fault_plan import FaultDice, Occasion
from hailuo.simulator.faults import FaultName, FaultRow, Strikes
from hailuo.simulator.options import SimulatorOptions
from hailuo.simulator.tasks import Task

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_TYPE = "video/mp4"


@dataclass(slots=True, kw_only=True)
class Downloads:
    """Signs links to clips, and answers them. A new generation of a task's links makes the older ones invalid."""

    studio: ClipMaker
    dice: FaultDice
    options: SimulatorOptions
    _generations: Counter[str] = field(default_factory=Counter)

    def url(self, task: Task, *, base: str, now: float) -> str:
        """A link that is valid until it expires. `now` is in simulated seconds, `base` is the API's URL."""
        if task.meets(FaultName.URL_RELATIVE):
            return f"/v1/videos/{task.task_id}/content"
        if task.meets(FaultName.URL_ON_GATEWAY):
            return f"{base.rstrip('/')}/v1/videos/{task.task_id}/content"
        base = self.options.clips_base_url or base
        expires = int(now + self.options.url_lifetime_seconds)
        query = urlencode({"expires": expires, "sig": self._signature(task, expires)})
        return f"{base.rstrip('/')}/_clips/{task.task_id}.mp4?{query}"

    def check_link(self, task: Task, request: Request, *, now: float) -> None:
        """Check the signature and the expiry of a link. Raises AnswerError (403, XML)."""
        expires = request.query_params.get("expires", "")
        signed = expires.isdigit() and request.query_params.get("sig") == self._signature(task, int(expires))
        if not signed or int(expires) < now:
            raise AnswerError(_expired())

    async def answer(self, task: Task, request: Request) -> HttpAnswer:
        """The answer to a download: the clip, a range of it, or a fault."""
        occasion = Occasion(place=Strikes.DOWNLOAD, key=task.task_id, model=task.order.model, once=True)
        row = self.dice.strike(occasion)
        clip = await asyncio.to_thread(self.studio.clip, task)
        return _asked_part(clip, request) if row is None else self._spoilt(clip, task, request, row)

    def _spoilt(self, clip: bytes, task: Task, request: Request, row: FaultRow) -> HttpAnswer:
        half = clip[: len(clip) // 2]
        match row.fault:
            case FaultName.URL_EXPIRED:
                self._generations[task.task_id] += 1
                return _expired()
            case FaultName.DOWNLOAD_TRUNCATED:
                return HttpAnswer(status=200, body=half, media_type=_TYPE, promised_bytes=len(clip))
            case FaultName.DOWNLOAD_HALF:
                return HttpAnswer(status=200, body=half, media_type=_TYPE)
            case FaultName.DOWNLOAD_REDIRECT:
                return HttpAnswer(status=302, headers={"Location": str(request.url)})
            case FaultName.DOWNLOAD_DROPPED:
                return HttpAnswer(status=200, body=half, media_type=_TYPE, promised_bytes=len(clip), cut=True)
            case _:
                assert row.answer  # noqa: S101 (the table gives every other download fault its answer)
                return row.answer

    def _signature(self, task: Task, expires: int) -> str:
        content = f"{task.task_id}:{self._generations[task.task_id]}:{expires}"
        return hashlib.sha256(content.encode()).hexdigest()[:32]


def _asked_part(clip: bytes, request: Request) -> HttpAnswer:
    """The clip, or the requested range of it (RFC 9110 section 14). Several ranges are ignored."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "public, max-age=86400"}
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or not any(asked.groups()):
        return HttpAnswer(status=200, body=clip, media_type=_TYPE, headers=headers)
    length = len(clip)
    first = int(asked[1]) if asked[1] else max(0, length - int(asked[2]))
    last = min(int(asked[2]), length - 1) if asked[1] and asked[2] else length - 1
    if first > last:
        return HttpAnswer(status=416, headers={"Content-Range": f"bytes */{length}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{length}"
    return HttpAnswer(status=206, body=clip[first : last + 1], media_type=_TYPE, headers=headers)


def _expired() -> HttpAnswer:
    return xml(403, "AccessDenied", "Request has expired.")
