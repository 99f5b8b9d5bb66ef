"""The promises under other attacks than a kill: prices, refunds, answers, words, midnight, clocks, disks, workers.

Each trial is one campaign of three nights in virtual time, against the simulator and a store of its own. Its
processes also die at random effects. Afterwards the vendor's invoice is compared with the ledger and the clips.
"""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, Final

import httpx

from hailuo.simulator import (
    FaultName,
    FaultPlan,
)
from hailuo.simulator.pricing import AmountStyle, Pricing

Answer = Callable[[httpx.Request, httpx.Response], httpx.Response]
"""What becomes of the vendor's answer to a request on its way to the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One dimension of the table. `variants` are options of the simulator, taken in turn by the trials.

    `edition` with `{date}` makes each night an edition of its own. A process dies at a random effect in the share
    `dies` of all cases; `broken_store` is the share of store calls that fail; `suspends` lets the machine sleep.
    """

    name: str
    variants: Sequence[Mapping[str, Any]] = ({},)
    answers: Sequence[Callable[[Random], Answer] | None] = (None,)
    edition: str = "v1a"
    workers: int = 1
    dies: float = 0.5
    broken_store: float = 0.0
    broken_watch: bool = False
    suspends: bool = False
    unnoticed: int | None = None
    """Clips that a process may buy at a new price before it can know it; None: as many as are in flight."""


def _mixed_answers(random: Random) -> Answer:
    """One poll in five is answered about another task, one submit in ten with an id that was given before."""
    tasks: list[str] = []

    def answer(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        body = _json_of(response)
        task = body.get("task_id") or body.get("id") if body else None
        if body is None or not isinstance(task, str) or response.status_code != 200:
            return response
        others = [known for known in tasks if known != task]
        tasks.append(task)
        if not others or random.random() > (0.1 if request.method == "POST" else 0.2):
            return response
        swapped = json.dumps(body).replace(task, random.choice(others))
        return _changed(response, json.loads(swapped))

    return answer


def _other_words(words: Sequence[str]) -> Callable[[Random], Answer]:
    """Every end of a task is named by another word."""

    def make(random: Random) -> Answer:
        chosen = random.choice(words)

        def answer(request: httpx.Request, response: httpx.Response) -> httpx.Response:
            body = _json_of(response)
            ended = body is not None and body.get("status") == "completed"
            return _changed(response, {**body, "status": chosen}) if body and ended else response

        return answer

    return make


def _json_of(response: httpx.Response) -> dict[str, Any] | None:
    if "json" not in response.headers.get("content-type", ""):
        return None
    with contextlib.suppress(ValueError):
        body = json.loads(response.content)
        return body if isinstance(body, dict) else None
    return None


def _changed(response: httpx.Response, body: Mapping[str, Any]) -> httpx.Response:
    return httpx.Response(response.status_code, json=body, request=response.request)


def _priced(
    *factors: int | str, amounts: AmountStyle = AmountStyle.CHARGED, starts: Sequence[int] = (0, 3, 6)
) -> list[Mapping[str, Any]]:
    return [
        {"pricing": Pricing(factor=Decimal(factor), from_task=start, amounts=amounts)}
        for factor in factors
        for start in starts
    ]


_FAILED: Final = (
    FaultName.FAILED_OBJECT,
    FaultName.FAILED_STRING,
    FaultName.FAILED_WITHOUT_ERROR,
    FaultName.FAILED_TEXT_IN_URL,
)
_STORMY: Final = FaultPlan(
    rates={
        FaultName.CHARGED_THEN_DROPPED: 0.05,
        FaultName.CHARGED_THEN_502: 0.05,
        FaultName.BUSY_429_FLAT: 0.05,
        FaultName.DOWNLOAD_TRUNCATED: 0.1,
        FaultName.URL_EXPIRED: 0.1,
        FaultName.STATUS_502: 0.1,
    }
)

ATTACKS: Final = (
    Attack(name="killed at any effect, amid faults", variants=[{"faults": _STORMY}], dies=1.0),
    Attack(name="another price, named", variants=_priced("1.05", "1.5", 2, 10, 100)),
    Attack(
        name="another price from the first clip, not named",
        variants=_priced("1.5", 2, 10, amounts=AmountStyle.NOTHING, starts=(0,)),
        unnoticed=1,
    ),
    Attack(
        name="another price in mid-run, not named",
        variants=_priced("1.2", 2, 10, amounts=AmountStyle.NOTHING, starts=(1, 3, 6)),
        unnoticed=7,
    ),
    Attack(
        name="amounts that cannot be believed",
        variants=[
            {"pricing": Pricing(amounts=style)} for style in AmountStyle if style is not AmountStyle.NOTHING
        ],
    ),
    Attack(
        name="failed, and the refund is not shown or not given",
        variants=[
            {"faults": FaultPlan(rates={fault: 0.3}), "pricing": Pricing(refunds=given, refund_shown=False)}
            for fault in _FAILED
            for given in (True, False)
        ],
    ),
    Attack(
        name="failed in one poll, or with a clip",
        variants=[
            {"faults": FaultPlan(rates={FaultName.STATUS_FAILED_ONCE: 0.5})},
            {"faults": FaultPlan(rates={FaultName.FAILED_WITH_URL: 0.5})},
        ],
    ),
    Attack(name="answers about another task", answers=[_mixed_answers]),
    Attack(
        name="unknown words for the end",
        answers=[_other_words(["reticulated", "Done.", "fertig", "200", "FINISHED_OK", "-", "success!"])],
    ),
    Attack(name="nights across midnight", edition="night-{date}", dies=1.0),
    Attack(name="the machine sleeps or its clock jumps", suspends=True),
    Attack(name="store and disk fail now and then", broken_store=0.03),
    Attack(name="log, terminal and display fail", broken_watch=True),
    Attack(name="two workers", workers=2, variants=[{"faults": _STORMY}]),
    Attack(name="four workers", workers=4, variants=[{"faults": _STORMY}]),
)
"""Every attack of the table."""
