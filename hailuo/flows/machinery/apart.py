"""A campaign of the night as a flow run of its own: people can cancel and retry it, and the night survives any state of it."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectException, PrefectHTTPStatusError
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled, Cancelling, Crashed

from hailuo.clock import Stopwatch
from hailuo.errors import ExitCode
from hailuo.flows.machinery.flow_run import run_name
from hailuo.flows.machinery.launch import RENDER_DEPLOYMENT
from hailuo.flows.machinery.parameters import CampaignForm
from hailuo.flows.machinery.states import Ended
from hailuo.logs import quiet_logger
from hailuo.run.environment import RunEnvironment
from hailuo.run.first_look import Patience
from hailuo.store.layout import Edition
from hailuo.text import duration

_POLL_SECONDS: Final = 5.0
_LONGEST: Final = timedelta(hours=12)
"""A night waits so long for one campaign; then it goes on with the next."""

_log = quiet_logger("hailuo.night")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRun:
    """How the flow run of one campaign ended, or why the night no longer waits for it."""

    state: State[object]

    @property
    def exit_code(self) -> ExitCode:
        """What the state means for the night."""
        match self.state.name:
            case Ended.INCOMPLETE.value:
                return ExitCode.INCOMPLETE
            case Ended.REFUSED.value:
                return ExitCode.REFUSED
            case _:
                return ExitCode.COMPLETE if self.state.is_completed() else ExitCode.STOPPED

    @property
    def word(self) -> str:
        """The state in one word."""
        return "complete" if self.state.is_completed() else str(self.state.name).lower()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not complete: what its state says."""
        if self.state.is_completed():
            return ()
        return tuple((self.state.message or f"its flow run is {self.state.name}").splitlines())


async def can_run_apart() -> bool:
    """Whether the night's campaigns can be flow runs of their own: it is deployed, and `render-campaign` too."""
    if deployment.id is None:
        return False
    async with get_client() as client:
        with contextlib.suppress(ObjectNotFound):
            await client.read_deployment_by_name(RENDER_DEPLOYMENT)
            return True
    return False


async def run_apart(
    form: CampaignForm, edition: Edition, env: RunEnvironment, first_looks: Patience, *, machines: int
) -> CampaignRun:
    """Render a campaign of the night and wait until its flow run is over; what happens to it raises nothing.

    If the night is cancelled, so is the campaign.
    """
    parameters = {**form.model_dump(mode="json"), "machines": machines}

    async def start() -> FlowRun:
        async with get_client() as client:
            run: FlowRun = await arun_deployment(
                RENDER_DEPLOYMENT,
                client=client,
                parameters=parameters,
                flow_run_name=run_name(edition),
                idempotency_key=f"{flow_run.get_id()}:{flow_run.get_run_count()}:{edition}",
                timeout=0,
                tags=["night"],
            )
            return run

    try:
        run = await first_looks.until_answered(start)
    except (httpx.HTTPError, PrefectException) as error:
        return CampaignRun(state=Crashed(message=f"its flow run could not be started: {error}"))
    _log.info("%s: started as a flow run of its own", run.name)
    is_over = False
    try:
        state = await _end_of(run.id, env)
        is_over = True
    finally:
        if not is_over:
            await _cancel(run.id, "the night was cancelled")
    return CampaignRun(state=state)


async def _end_of(run: UUID, env: RunEnvironment) -> State[object]:
    """The state in which the run is over, or that another person has to end: then the night goes on."""
    waited, most = Stopwatch(env.clock), env.settings.wait_minutes * 60
    while True:
        with contextlib.suppress(httpx.HTTPError, PrefectHTTPStatusError):  # asked again
            found = await _read(run)
            if found is None or found.state is None:
                return Cancelled(message="its flow run was deleted")
            state = found.state
            if state.is_final() or state.is_paused():
                return state
            if state.type is StateType.SCHEDULED and not found.run_count and waited.seconds > most:
                reason = f"no worker began it within {duration(most)}; start a worker of its pool, then press Retry"
                return await _give_up(run, reason, cancel=True)
        if waited.seconds > _LONGEST.total_seconds():
            return await _give_up(run, f"it is not over after {_LONGEST}; the night went on", cancel=False)
        await env.clock.sleep(_POLL_SECONDS)


async def _read(run: UUID) -> FlowRun | None:
    async with get_client() as client:
        with contextlib.suppress(ObjectNotFound):
            return await client.read_flow_run(run)
    return None


async def _give_up(run: UUID, reason: str, *, cancel: bool) -> State[object]:
    state: State[object] = Cancelled(name=Ended.NOT_STARTED.value, message=reason)
    if cancel:
        await _cancel(run, reason, state)
    return state


async def _cancel(run: UUID, reason: str, state: State[object] | None = None) -> None:
    """Ask the worker to cancel the flow run, or set this state; if Prefect answers."""
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            await client.set_flow_run_state(run, state or Cancelling(message=reason))
