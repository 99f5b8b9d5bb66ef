"""The simulated vendor: its routes, as in docs/reference/vendor.md, and its admin routes.

Every state is computed from the clock when it is asked for; nothing runs in the background.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from hailuo.clock import Clock
from hailuo.simulator.accept import TaskMaker
from hailuo.simulator.answers import AnswerError, HttpAnswer, flat, nested, ok, plain, xml
from hailuo.simulator.assets import AssetShelf
from hailuo.simulator.charges import Call, Charges, Invoice
from hailuo.simulator.clips import ClipMaker
from hailuo.simulator.connections import BrokenOffResponse, ConnectionCutError, body_of, until_gone
from hailuo.simulator.downloads import Downloads
from hailuo.simulator.fault_plan import FaultDice, Occasion, read_script
from hailuo.simulator.faults import PERSON_CODE, ConnectionEnd, FaultName, FaultRow, Strikes
from hailuo.simulator.options import SimulatorOptions
from hailuo.simulator.orders import Fields, read_fields, read_model, read_order
from hailuo.simulator.scaled_clock import ScaledClock
from hailuo.simulator.tasks import Phase, Task, TaskState
from hailuo.simulator.trace import Trace
from hailuo.simulator.wire import (
    WORDS,
    Body,
    ShownTask,
    balance_body,
    enveloped,
    legacy_body,
    reshaped,
    status_body,
    submit_body,
)

_SILENCE_SECONDS = 900.0  # longer than any client waits
_SLOW_SECONDS = 90.0
_MAX_BODY_BYTES = 32 * 1024 * 1024
_WORDS = {FaultName.STATUS_UNKNOWN_WORD: "reticulating", FaultName.STATUS_FAILED_ONCE: "failed"}
_OTHER_TASK = "task_20260101000000SOMEBODYELSES"
_GREETING = (
    "A simulator of ImaRouter's /v1/videos. Nothing here costs money, and nothing here is the vendor.\n"
)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_Handler = Callable[[Request], Awaitable[HttpAnswer]]


class Simulator:
    """One simulated vendor. `app` is an ASGI application; `frames` is the transport that fetches first frames.

    A `trace` takes down every submit and poll.
    """

    def __init__(
        self,
        options: SimulatorOptions,
        *,
        clock: Clock,
        frames: httpx.AsyncBaseTransport | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._options = options
        self._trace = trace
        self._time = ScaledClock(clock, speed=options.speed)
        self._charges = Charges(options.balance_usd, refunds=options.pricing.refunds)
        self._dice = FaultDice(options.faults, seed=options.seed, seconds=self._time.seconds)
        self.assets = AssetShelf(frames)
        self._tasks = TaskMaker(
            options=options,
            time=self._time,
            charges=self._charges,
            dice=self._dice,
            frames=frames,
            assets=self.assets,
            trace=trace,
        )
        studio = ClipMaker(options.clip_detail, seed=options.seed)
        self._downloads = Downloads(studio=studio, dice=self._dice, options=options)
        self._answers = 0
        self._looks: Counter[str] = Counter()
        self.app = Router(self._routes())  # Starlette would answer 500 where a connection must be cut

    def invoice(self) -> Invoice:
        """Every accepted POST, and the number of calls."""
        return self._charges.invoice(self._time.seconds())

    def _routes(self) -> list[Route]:
        def route(path: str, handler: _Handler, *methods: str) -> Route:
            async def respond(request: Request) -> Response:
                if self._options.is_out(self._time.seconds()):
                    raise ConnectionCutError(refused=True)
                try:
                    return self._response(await handler(request))
                except AnswerError as error:
                    return self._response(error.answer)

            return Route(path, respond, methods=methods or ("GET",))

        return [
            route("/v1/videos", self._submit, "POST"),
            route("/v1/video/generations", self._submit_legacy, "POST"),
            route("/v1/videos/{task_id}", self._status),
            route("/v1/video/generations/{task_id}", self._status_legacy),
            route("/v1/videos/{task_id}/content", self._content),
            route("/v1/models", self._models),
            route("/v1/assets/group/create", self._create_group, "POST"),
            route("/v1/assets/group/list", self._list_groups, "POST"),
            route("/v1/assets/create", self._create_asset, "POST"),
            route("/v1/assets/get", self._get_asset, "POST"),
            route("/v1/assets/list", self._list_assets, "POST"),
            route("/v1/assets/quota", self._quota, "POST"),
            route("/api/usage/token/user-balance", self._balance),
            route("/_clips/{task_id}.mp4", self._download),
            route("/_sim/invoice", self._show_invoice),
            route("/_sim/faults", self._add_faults, "POST"),
            route("/", self._greet),
            route("/{path:path}", self._nowhere, *_METHODS),
        ]

    def _response(self, answer: HttpAnswer) -> Response:
        """The answer with a request id, and with a header that names the simulator."""
        self._answers += 1
        request_id = f"{self._time.now():%Y%m%d%H%M%S}{self._answers:08}"
        own = {"X-Hailuo-Simulator": f"speed={self._time.speed:g}", "X-Oneapi-Request-Id": request_id}
        body, headers = answer.signed(request_id), own | dict(answer.headers)
        response = Response(body, answer.status, headers, answer.media_type)
        if answer.promised_bytes is None:
            return response
        return BrokenOffResponse(response, promised_bytes=answer.promised_bytes, orderly=not answer.cut)

    # -- submit ---------------------------------------------------------------------------------

    async def _submit(self, request: Request) -> HttpAnswer:
        task = await self._accept(request)
        return ok(submit_body(task, self._options.profile))

    async def _submit_legacy(self, request: Request) -> HttpAnswer:
        task = await self._accept(request)
        return ok(enveloped({"task_id": task.task_id, "id": task.task_id}))

    async def _accept(self, request: Request) -> Task:
        """Accept an order in the gateway's order: key, fields, model, rules, then limits, price, task, answer."""
        self._charges.count(Call.SUBMITS)
        self._check_key(request)
        body = await body_of(request)
        if len(body) > _MAX_BODY_BYTES:
            raise AnswerError(flat(413, "read_request_body_failed", "http: request body too large"))
        fields = read_fields(body)
        model = read_model(fields, self._options.catalog)
        row = self._strike(Strikes.SUBMIT, key=hashlib.sha256(body).hexdigest(), model=model.name)
        if row and not row.charged:
            raise AnswerError(row.answer) if row.answer else ConnectionCutError
        unlisted = self._options.unlisted_price_usd
        order = read_order(
            body,
            fields,
            model,
            self._options.catalog,
            strict=self._options.strict,
            unlisted_price_usd=unlisted,
            prices=self._options.prices,
        )
        lost = row is not None and row.ending is not ConnectionEnd.OTHERWISE
        task = await self._tasks.accept(order, answered=not lost)
        await self._spoil_answer(request, row, task)
        return task

    async def _spoil_answer(self, request: Request, row: FaultRow | None, task: Task) -> None:
        """Let the answer fail after the price is taken."""
        if row is None:
            return
        if row.fault is FaultName.SLOW_SUBMIT:
            await self._time.sleep(_SLOW_SECONDS)
        elif row.answer:
            raise AnswerError(
                row.answer.naming(task_id=task.task_id, first_task_id=self._tasks.first_task_id)
            )
        else:
            await self._fall_silent(request, row)

    # -- status, clips, balance -------------------------------------------------------------------

    async def _status(self, request: Request) -> HttpAnswer:
        return await self._shown(request, lambda show: status_body(show, self._options.profile))

    async def _status_legacy(self, request: Request) -> HttpAnswer:
        return await self._shown(request, legacy_body)

    async def _shown(self, request: Request, body_of: Callable[[ShownTask], Body]) -> HttpAnswer:
        self._charges.count(Call.STATUSES)
        self._check_key(request)
        task = self._tasks.task(request.path_params["task_id"])
        if task is None:
            raise AnswerError(flat(400, "task_not_exist", "task_not_exist"))
        row = self._strike(Strikes.STATUS, key=task.task_id, model=task.order.model, once=True)
        if row and row.answer:
            raise AnswerError(row.answer)
        if row and row.ending is not ConnectionEnd.OTHERWISE:
            await self._fall_silent(request, row)
        now = self._time.seconds()
        state = task.state(now)
        if task.meets(FaultName.STATUS_FAILS_WHEN_READY) and state.phase is Phase.COMPLETED:
            raise AnswerError(nested(500, "database error"))
        if self._trace:
            self._trace.polled(task, now, ended=state.has_url or state.phase is Phase.FAILED)
        has_url = state.has_url and not task.meets(FaultName.URL_NEVER)
        url = self._downloads.url(task, base=str(request.base_url), now=now) if has_url else None
        shown = ShownTask(
            task=task,
            state=state,
            url=url,
            clip_bytes=self._downloads.studio.length(task),
            amount=self._amount(task, state, now),
        )
        body = reshaped(body_of(shown), shown)
        if row and row.fault is FaultName.STATUS_OF_ANOTHER:
            return ok({**body, "id": _OTHER_TASK, "task_id": _OTHER_TASK})
        if row and row.fault in _WORDS:
            inner = body.get("data", body)
            assert isinstance(inner, dict)  # noqa: S101 (for the type checker: an envelope holds an object)
            inner["status"] = _WORDS[row.fault]
        return ok(body)

    def _amount(self, task: Task, state: TaskState, now: float) -> object:
        """What `amount_usd` says of a task that has ended; None where it says nothing."""
        pricing, price = self._options.pricing, task.order.price_usd
        match state.phase:
            case Phase.COMPLETED:
                age = now - task.ready
                self._looks[task.task_id] += 1
                look = self._looks[task.task_id]
                return pricing.shown_amount(price, number=task.number, age_seconds=age, look=look)
            case Phase.FAILED if pricing.refund_shown and task.is_refundable:
                return 0 if pricing.refunds else float(price)
            case _:
                return None

    async def _download(self, request: Request) -> HttpAnswer:
        self._count_download(request)
        task = self._tasks.task(request.path_params["task_id"])
        if task is None or not task.state(self._time.seconds()).has_url:
            raise AnswerError(xml(404, "NoSuchKey", "The specified key does not exist."))
        self._downloads.check_link(task, request, now=self._time.seconds())
        return await self._downloads.answer(task, request)

    async def _content(self, request: Request) -> HttpAnswer:
        """The gateway's own route to a clip, which needs the key."""
        self._count_download(request)
        self._check_key(request)
        task = self._tasks.task(request.path_params["task_id"])
        if task is None:
            raise AnswerError(nested(404, "Task not found"))
        state = task.state(self._time.seconds())
        if not state.has_url:
            word = WORDS[state.phase].legacy
            raise AnswerError(nested(400, f"Task is not completed yet, current status: {word}"))
        return await self._downloads.answer(task, request)

    async def _balance(self, request: Request) -> HttpAnswer:
        self._charges.count(Call.BALANCES)
        self._check_key(request)
        if not self._options.pricing.balance_shown:
            return await self._nowhere(request)
        left = self._charges.balance_usd(self._time.seconds())
        return ok(balance_body(left, used_usd=self._options.balance_usd - left))

    async def _models(self, request: Request) -> HttpAnswer:
        self._check_key(request)
        models = [{"id": name, "object": "model"} for name in sorted(self._options.catalog.models)]
        return ok({"object": "list", "data": models})

    # -- pictures of people -----------------------------------------------------------------------

    async def _create_group(self, request: Request) -> HttpAnswer:
        return _registered(self.assets.create_group(await self._asset_fields(request)))

    async def _list_groups(self, request: Request) -> HttpAnswer:
        return _registered(self.assets.list_groups(await self._asset_fields(request)))

    async def _create_asset(self, request: Request) -> HttpAnswer:
        fields = await self._asset_fields(request)
        row = self._strike(Strikes.ASSET, key=str(fields.get("name")), model=str(fields.get("model")))
        if row and row.answer:
            raise AnswerError(row.answer)
        refused = (
            (PERSON_CODE, "the picture may show a real person")
            if row and row.fault is FaultName.ASSET_REFUSED
            else None
        )
        made = await self.assets.create(fields, now=self._time.seconds(), failure=refused)
        if row and row.ending is ConnectionEnd.CUT:
            raise ConnectionCutError
        return _registered(made)

    async def _get_asset(self, request: Request) -> HttpAnswer:
        return _registered(self.assets.get(await self._asset_fields(request), now=self._time.seconds()))

    async def _list_assets(self, request: Request) -> HttpAnswer:
        return _registered(
            self.assets.list_assets(await self._asset_fields(request), now=self._time.seconds())
        )

    async def _quota(self, request: Request) -> HttpAnswer:
        await self._asset_fields(request)
        return _registered(self.assets.quota())

    async def _asset_fields(self, request: Request) -> Fields:
        self._check_key(request)
        return read_fields(await body_of(request))

    async def _nowhere(self, request: Request) -> HttpAnswer:
        text = f"Invalid URL ({request.method} {request.url.path})"
        return nested(404, text, kind="invalid_request_error")

    # -- admin routes: the simulator's own, without a key -------------------------------------------

    async def _greet(self, request: Request) -> HttpAnswer:
        del request
        return plain(200, _GREETING)

    async def _show_invoice(self, request: Request) -> HttpAnswer:
        del request
        return ok(self.invoice().as_json())

    async def _add_faults(self, request: Request) -> HttpAnswer:
        """`[{"fault": "html_502", "skip": 0, "times": 1, "model": null}, ...]`, added to the script."""
        try:
            lines = read_script(json.loads(await body_of(request)))
        except ValueError as error:
            raise AnswerError(plain(400, f"cannot read that script: {error}\n")) from error
        for line in lines:
            self._dice.add(line)
        return ok({"added": len(lines)})

    # -- shared -----------------------------------------------------------------------------------

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        keys = self._options.keys
        known = key.startswith("sk-") if keys is None else key in keys
        if scheme != "Bearer" or not known:
            raise AnswerError(nested(401, "Invalid token"))

    def _count_download(self, request: Request) -> None:
        self._charges.count(Call.DOWNLOADS)
        if "authorization" in request.headers:
            self._charges.count(Call.DOWNLOADS_WITH_KEY)

    def _strike(self, place: Strikes, *, key: str, model: str, once: bool = False) -> FaultRow | None:
        return self._dice.strike(Occasion(place=place, key=key, model=model, once=once))

    async def _fall_silent(self, request: Request, row: FaultRow) -> None:
        if row.ending is ConnectionEnd.SILENCE:
            await until_gone(request.receive, self._time.outwait_clients(_SILENCE_SECONDS))
        raise ConnectionCutError(silent=row.ending is ConnectionEnd.SILENCE)


def _registered(data: object) -> HttpAnswer:
    """The answer of the routes under /v1/assets."""
    return ok({"success": True, "message": "", "data": data})
