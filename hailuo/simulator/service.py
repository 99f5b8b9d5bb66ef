"""The simulated vendor: its routes over the wire of api-contract.md, its tasks and its books.

Every state is computed from the clock when it is asked for; nothing runs in the background.
"""

import hashlib
import json
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from hailuo.clock import Clock
from hailuo.simulator.answers import Answer, AnswerError, flat, nested, ok, plain, xml
from hailuo.simulator.books import Books, Call, Invoice
from hailuo.simulator.clips import Studio
from hailuo.simulator.delivery import Delivery
from hailuo.simulator.drops import BrokenOffResponse, DroppedError, until_gone
from hailuo.simulator.fault_plan import FaultDice, Occasion, read_script
from hailuo.simulator.faults import FAULTS, Ending, Fault, FaultRow, Strikes
from hailuo.simulator.frames import Frame, FrameFetcher, FrameRefusedError, FrameUnreachableError
from hailuo.simulator.options import SimulatorOptions
from hailuo.simulator.orders import Order, invalid_params, read_fields, read_model, read_order
from hailuo.simulator.tasks import Task, pixels, render_seconds, task_id
from hailuo.simulator.wire import LEGACY_WORDS, Show, enveloped, legacy_body, status_body, submit_body

__all__ = ["Simulator"]

_MINUTE_SECONDS = 60.0
_SILENCE_SECONDS = 900.0  # longer than any client waits
_SLOW_SECONDS = 90.0
_MAX_BODY_BYTES = 32 * 1024 * 1024
_STRANGE_WORD = "reticulating"
_GREETING = (
    "A simulator of ImaRouter's /v1/videos. Nothing here costs money, and nothing here is the vendor.\n"
)

_Handler = Callable[[Request], Awaitable[Answer]]


class Simulator:
    """One simulated vendor. `app` is an ASGI application; `frames` replaces the sockets that fetch first frames."""

    def __init__(
        self, options: SimulatorOptions, *, clock: Clock, frames: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._options = options
        self._clock = clock
        self._started = clock.monotonic()
        self._frames = FrameFetcher(frames)
        self._books = Books(options.balance_usd)
        self._dice = FaultDice(options.faults, seed=options.seed)
        self._delivery = Delivery(Studio(options.clip_detail, seed=options.seed), self._dice, options)
        self._tasks: dict[str, Task] = {}
        self._takes: dict[str, int] = {}
        self._recent: deque[float] = deque()
        self._answers = 0
        self.app = Router(self._routes())  # a Starlette would answer 500 where a connection is to be cut

    def invoice(self) -> Invoice:
        """Every accepted POST, and how often was asked."""
        return self._books.invoice(self._now())

    def _routes(self) -> list[Route]:
        def route(path: str, handler: _Handler, *methods: str) -> Route:
            return Route(path, self._answered(handler), methods=methods or ("GET",))

        return [
            route("/v1/videos", self._submit, "POST"),
            route("/v1/video/generations", self._submit_legacy, "POST"),
            route("/v1/videos/{task_id}", self._status),
            route("/v1/video/generations/{task_id}", self._status_legacy),
            route("/v1/videos/{task_id}/content", self._content),
            route("/api/usage/token/user-balance", self._balance),
            route("/_clips/{task_id}.mp4", self._download),
            route("/_sim/invoice", self._show_invoice),
            route("/_sim/faults", self._add_faults, "POST"),
            route("/", self._greet),
            route("/{path:path}", self._nowhere, "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        ]

    def _answered(self, handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            try:
                answer = await handler(request)
            except AnswerError as error:
                answer = error.answer
            self._answers += 1
            headers = {
                "X-Hailuo-Simulator": f"speed={self._options.speed:g}",
                "X-Oneapi-Request-Id": f"{self._clock.now():%Y%m%d%H%M%S}{self._answers:08}",
                **answer.headers,
            }
            response = Response(answer.body, answer.status, headers, answer.media_type)
            if answer.promised_bytes is None:
                return response
            return BrokenOffResponse(response, promised_bytes=answer.promised_bytes, orderly=not answer.cut)

        return respond

    # -- submit ---------------------------------------------------------------------------------

    async def _submit(self, request: Request) -> Answer:
        task = await self._accept(request)
        return ok(submit_body(task, self._options.profile))

    async def _submit_legacy(self, request: Request) -> Answer:
        task = await self._accept(request)
        return ok(enveloped({"task_id": task.task_id, "id": task.task_id}))

    async def _accept(self, request: Request) -> Task:
        """The gateway's order of things: key, fields, model, limits, rules, price, task, answer."""
        self._books.count(Call.SUBMITS)
        self._check_key(request)
        body = await request.body()
        if len(body) > _MAX_BODY_BYTES:
            raise AnswerError(flat(413, "read_request_body_failed", "http: request body too large"))
        fields = read_fields(body)
        model = read_model(fields, self._options.catalog)
        row = self._strike(Strikes.SUBMIT, key=hashlib.sha256(body).hexdigest(), model=model.name)
        await self._refuse_if_struck(row)
        self._check_rate()
        order = read_order(
            body,
            fields,
            model,
            strict=self._options.strict,
            unlisted_price_usd=self._options.unlisted_price_usd,
        )
        task = await self._charged_task(
            order, answered=not (row and row.charged and row.ending is not Ending.OTHERWISE)
        )
        await self._spoil_answer(request, row)
        return task

    async def _refuse_if_struck(self, row: FaultRow | None) -> None:
        if row is None or row.charged:
            return
        if row.answer:
            raise AnswerError(row.answer)
        raise DroppedError

    async def _spoil_answer(self, request: Request, row: FaultRow | None) -> None:
        """The price is taken; now the answer goes wrong."""
        if row is None:
            return
        if row.fault is Fault.SLOW_SUBMIT:
            await self._clock.sleep(_SLOW_SECONDS / self._options.speed)
        elif row.answer:
            raise AnswerError(row.answer)
        else:
            await self._fall_silent(request, row)

    async def _charged_task(self, order: Order, *, answered: bool) -> Task:
        frame, fate = await self._frame(order)
        if order.price_usd > self._books.balance_usd(self._now()):
            raise AnswerError(flat(403, "insufficient_user_quota", "用户额度不足"))
        task = self._new_task(order, frame, fate)
        self._tasks[task.task_id] = task
        self._books.charge(task, answered=answered)
        return task

    async def _frame(self, order: Order) -> tuple[Frame | None, FaultRow | None]:
        """The first frame, or the fate of a task whose first frame cannot be fetched."""
        if order.frame_url is None:
            return None, None
        try:
            return await self._frames.fetch(order.frame_url), None
        except FrameRefusedError as error:
            raise AnswerError(invalid_params(str(error))) from error
        except FrameUnreachableError as error:
            return None, replace(FAULTS[Fault.FAILED_FRAME_DOWNLOAD], message=str(error))

    def _new_task(self, order: Order, frame: Frame | None, fate: FaultRow | None) -> Task:
        take = self._takes[order.request_sha256] = self._takes.get(order.request_sha256, 0) + 1
        at, now = self._clock.now(), self._now()
        name = task_id(order, take=take, seed=self._options.seed, at=at)
        dice = random.Random(f"{self._options.seed}:{order.request_sha256}:{take}")  # noqa: S311 (a simulation)
        seconds = render_seconds(
            order,
            dice=dice,
            median=self._options.median_render_seconds,
            p95=self._options.p95_render_seconds,
        )
        width, height = pixels(order.size, frame)
        return Task(
            task_id=name,
            order=order,
            take=take,
            number=len(self._tasks) + 1,
            accepted=now,
            accepted_at=at,
            ready=now + seconds,
            speed=self._options.speed,
            width=width,
            height=height,
            frame=frame,
            fate=fate or self._strike(Strikes.TASK, key=f"{order.request_sha256}:{take}", model=order.model),
        )

    def _check_rate(self) -> None:
        """MiniMax's limit of submits in any minute, shown as HTTP 400."""
        limit, now = self._options.submits_per_minute, self._now()
        while self._recent and self._recent[0] <= now - _MINUTE_SECONDS:
            self._recent.popleft()
        if limit is not None and len(self._recent) >= limit:
            raise AnswerError(flat(400, "1002", "hailuo api error: rate limit"))
        self._recent.append(now)

    # -- status, clips, balance -------------------------------------------------------------------

    async def _status(self, request: Request) -> Answer:
        show, row = await self._shown(request)
        body = status_body(show, self._options.profile)
        if row and row.fault is Fault.STATUS_UNKNOWN_WORD:
            inner = body.get("data", body)
            assert isinstance(inner, dict)  # noqa: S101 (for the type checker: an envelope holds an object)
            inner["status"] = _STRANGE_WORD
        return ok(body)

    async def _status_legacy(self, request: Request) -> Answer:
        show, _ = await self._shown(request)
        return ok(legacy_body(show))

    async def _shown(self, request: Request) -> tuple[Show, FaultRow | None]:
        self._books.count(Call.STATUSES)
        self._check_key(request)
        task = self._task(request)
        row = self._strike(Strikes.STATUS, key=task.task_id, model=task.order.model, once=True)
        if row and row.answer:
            raise AnswerError(row.answer)
        if row and row.ending is not Ending.OTHERWISE:
            await self._fall_silent(request, row)
        sight = task.sight(self._now())
        base = self._options.clips_base_url or str(request.base_url)
        url = self._delivery.url(task, base=base, now=self._now()) if sight.has_url else None
        return Show(task=task, sight=sight, url=url, clip_bytes=self._delivery.length(task)), row

    async def _download(self, request: Request) -> Answer:
        self._books.count(Call.DOWNLOADS)
        if "authorization" in request.headers:
            self._books.count(Call.DOWNLOADS_WITH_KEY)
        task = self._tasks.get(request.path_params["task_id"])
        if task is None or not task.sight(self._now()).has_url:
            raise AnswerError(xml(404, "NoSuchKey", "The specified key does not exist."))
        return await self._delivery.answer(task, request, now=self._now())

    async def _content(self, request: Request) -> Answer:
        self._check_key(request)
        task = self._tasks.get(request.path_params["task_id"])
        if task is None:
            raise AnswerError(nested(404, "Task not found"))
        sight = task.sight(self._now())
        if not sight.has_url:
            word = LEGACY_WORDS[sight.phase]
            raise AnswerError(nested(400, f"Task is not completed yet, current status: {word}"))
        return await self._delivery.whole(task, request)

    async def _balance(self, request: Request) -> Answer:
        self._books.count(Call.BALANCES)
        self._check_key(request)
        left = self._books.balance_usd(self._now())
        data = {
            "object": "user_balance",
            "user_id": 1,
            "username": "simulated",
            "balance_usd": float(left),
            "used_amount_usd": float(self._options.balance_usd - left),
        }
        return ok({"success": True, "message": "", "data": data})

    # -- the simulator's own routes ---------------------------------------------------------------

    async def _show_invoice(self, request: Request) -> Answer:
        del request
        return ok(self.invoice().as_json())

    async def _add_faults(self, request: Request) -> Answer:
        """`[{"fault": "html_502", "skip": 0, "times": 1, "model": null}, ...]`, added to the script."""
        try:
            lines = read_script(json.loads(await request.body()))
        except ValueError as error:
            raise AnswerError(plain(400, f"cannot read that script: {error}\n")) from error
        for line in lines:
            self._dice.add(line)
        return ok({"added": len(lines)})

    async def _greet(self, request: Request) -> Answer:
        del request
        return plain(200, _GREETING)

    async def _nowhere(self, request: Request) -> Answer:
        text = f"Invalid URL ({request.method} {request.url.path})"
        return nested(404, text, kind="invalid_request_error")

    # -- shared -----------------------------------------------------------------------------------

    def _now(self) -> float:
        """Simulated seconds since the simulator was made."""
        return (self._clock.monotonic() - self._started) * self._options.speed

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        keys = self._options.keys
        known = key.startswith("sk-") if keys is None else key in keys
        if scheme != "Bearer" or not known:
            raise AnswerError(nested(401, "Invalid token"))

    def _task(self, request: Request) -> Task:
        task = self._tasks.get(request.path_params["task_id"])
        if task is None:
            raise AnswerError(flat(400, "task_not_exist", "task_not_exist"))
        return task

    def _strike(self, place: Strikes, *, key: str, model: str, once: bool = False) -> FaultRow | None:
        return self._dice.strike(Occasion(place=place, key=key, model=model, once=once))

    async def _fall_silent(self, request: Request, row: FaultRow) -> None:
        if row.ending is Ending.SILENCE:
            await until_gone(request.receive, self._clock.sleep(_SILENCE_SECONDS))
        raise DroppedError(silent=row.ending is Ending.SILENCE)
