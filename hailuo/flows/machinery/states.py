"""In which states flow runs end: Completed only where everything of the plan is stored. Every other state says why."""

from collections.abc import Awaitable, Callable, Coroutine
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from hailuo.errors import ExitCode, RefusedError

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


class Ended(StrEnum):
    """The names of the failed states."""

    INCOMPLETE = "Incomplete"  # some clips are failed, refused, unknown or still rendering
    STOPPED = "Stopped"  # buying stopped before the plan was bought
    REFUSED = "Refused"  # nothing was bought
    IN_DOUBT = "InDoubt"  # submits may have been paid for, and wait for a decision
    SUPERSEDED = "Superseded"  # a night that a newer one replaced, after a downtime
    NOT_STARTED = "NotStarted"  # no worker began the run in time


def ended(exit_code: ExitCode, message: str, data: _Result) -> State[_Result]:
    """The state of a run that ended with this exit code."""
    match exit_code:
        case ExitCode.COMPLETE:
            return Completed(message=message, data=data)
        case ExitCode.INCOMPLETE:
            return Failed(name=Ended.INCOMPLETE.value, message=message, data=data)
        case _:
            return Failed(name=Ended.STOPPED.value, message=message, data=data)


def refusal_is_a_state(
    flow: Callable[_Parameters, Coroutine[Any, Any, State[_Result]]],
) -> Callable[_Parameters, Coroutine[Any, Any, State[_Result]]]:
    """Let a flow that raises RefusedError end as Refused, with every problem and remedy as its message."""

    @wraps(flow)
    async def in_words(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> State[_Result]:
        try:
            return await flow(*args, **kwargs)
        except RefusedError as error:
            state: State[Any] = Failed(name=Ended.REFUSED.value, message=str(error), data=error)
            return state

    return in_words


async def state_of(called: object) -> State[Any]:
    """The state of an async task or flow that was called with `return_state`: Prefect types the call as if it were sync."""
    return await cast("Awaitable[State[Any]]", called)
