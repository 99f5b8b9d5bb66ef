"""Clips on their way out: links that expire, ranges, and downloads that go wrong."""

import asyncio
import hashlib
import re
from collections import Counter
from urllib.parse import urlencode

from starlette.requests import Request

from hailuo.simulator.answers import Answer, AnswerError, xml
from hailuo.simulator.clips import Studio
from hailuo.simulator.fault_plan import FaultDice, Occasion
from hailuo.simulator.faults import Fault, FaultRow, Strikes
from hailuo.simulator.options import SimulatorOptions
from hailuo.simulator.tasks import Task

__all__ = ["Delivery"]

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_TYPE = "video/mp4"


class Delivery:
    """Signed links to clips, and what they answer. A link is signed for one generation of its task."""

    def __init__(self, studio: Studio, dice: FaultDice, options: SimulatorOptions) -> None:
        self._studio = studio
        self._dice = dice
        self._options = options
        self._generations: Counter[str] = Counter()

    def length(self, task: Task) -> int | None:
        """Bytes of the clip, once it was made."""
        return self._studio.length(task)

    def url(self, task: Task, *, base: str, now: float) -> str:
        """A link that is honoured until it expires; `now` in simulated seconds."""
        expires = int(now + self._options.url_lifetime_seconds)
        query = urlencode({"expires": expires, "sig": self._signature(task, expires)})
        return f"{base.rstrip('/')}/_clips/{task.task_id}.mp4?{query}"

    async def answer(self, task: Task, request: Request, *, now: float) -> Answer:
        """What the link gives: the clip, a part of it, or a fault."""
        self._check_link(task, request, now)
        row = self._dice.strike(
            Occasion(place=Strikes.DOWNLOAD, key=task.task_id, model=task.order.model, once=True)
        )
        if row is None:
            return await self.whole(task, request)
        return await self._spoilt(task, request, row)

    async def whole(self, task: Task, request: Request) -> Answer:
        """The clip, or the range of it that was asked for."""
        clip = await asyncio.to_thread(self._studio.clip, task)
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "public, max-age=86400"}
        if asked is None:
            return Answer(status=200, body=clip, media_type=_TYPE, headers=headers)
        first, last = int(asked[1]), min(int(asked[2] or len(clip)), len(clip) - 1)
        if first > last:
            return Answer(status=416, headers={"Content-Range": f"bytes */{len(clip)}"})
        headers["Content-Range"] = f"bytes {first}-{last}/{len(clip)}"
        return Answer(status=206, body=clip[first : last + 1], media_type=_TYPE, headers=headers)

    async def _spoilt(self, task: Task, request: Request, row: FaultRow) -> Answer:
        clip = await asyncio.to_thread(self._studio.clip, task)
        half = clip[: len(clip) // 2]
        match row.fault:
            case Fault.URL_EXPIRED:
                self._generations[task.task_id] += 1
                return _expired()
            case Fault.DOWNLOAD_TRUNCATED:
                return Answer(status=200, body=half, media_type=_TYPE, promised_bytes=len(clip))
            case Fault.DOWNLOAD_HALF:
                return Answer(status=200, body=half, media_type=_TYPE)
            case Fault.DOWNLOAD_REDIRECT:
                return Answer(status=302, headers={"Location": str(request.url)})
            case Fault.DOWNLOAD_DROPPED:
                return Answer(status=200, body=half, media_type=_TYPE, promised_bytes=len(clip), cut=True)
            case _:
                assert row.answer  # noqa: S101 (the table gives every other download fault its answer)
                return row.answer

    def _check_link(self, task: Task, request: Request, now: float) -> None:
        expires = request.query_params.get("expires", "")
        signed = expires.isdigit() and request.query_params.get("sig") == self._signature(task, int(expires))
        if not signed or int(expires) < now:
            raise AnswerError(_expired())

    def _signature(self, task: Task, expires: int) -> str:
        content = f"{task.task_id}:{self._generations[task.task_id]}:{expires}"
        return hashlib.sha256(content.encode()).hexdigest()[:32]


def _expired() -> Answer:
    return xml(403, "AccessDenied", "Request has expired.")
