"""Properties of every order, every moment and every fault."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailuo.simulator import FAULTS, ClipDetail, FaultName, FaultPlan, SimulatorOptions, Strikes
from hailuo.simulator.frames import Frame
from hailuo.simulator.orders import VideoOrder
from hailuo.simulator.tasks import TICK_SECONDS, Phase, Task, pixels
from tests.simulator.conftest import CATALOG, Desk
from tests.support.examples import examples

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
ORDER = VideoOrder(
    model="MiniMax-Hailuo-02",
    prompt="A shoe",
    duration=6,
    size="768p",
    frame_url=None,
    price_usd=Decimal("0.28"),
    request_sha256="5e" * 32,
)
seconds = st.floats(0, 2000)
faults = st.sampled_from([None, *(row for row in FAULTS.values() if row.strikes is Strikes.TASK)])
LIFE = [Phase.ACCEPTED, Phase.QUEUED, Phase.RENDERING, Phase.COMPLETED, Phase.FAILED]


@st.composite
def tasks(draw: Callable) -> Task:
    accepted = draw(seconds)
    return Task(
        task_id="task_1",
        order=ORDER,
        take=1,
        number=1,
        accepted=accepted,
        accepted_at=AT,
        ready=accepted + draw(st.floats(0.1, 1000)),
        speed=1,
        width=1366,
        height=768,
        fault=draw(faults),
    )


@given(task=tasks(), moment=seconds)
def test_what_is_seen_changes_only_at_a_tick(task, moment):
    """Whatever the moment, it shows what the last multiple of 15 s showed, or the moment of acceptance."""
    now = task.accepted + moment
    tick = now - now % TICK_SECONDS

    assert task.state(now) == task.state(max(tick, task.accepted))


@given(task=tasks(), moments=st.lists(seconds, min_size=2, max_size=6))
def test_a_task_never_goes_back(task, moments):
    """Phases follow each other in one order, and a URL that was there stays there."""
    states = [task.state(task.accepted + moment) for moment in sorted(moments)]
    phases = [LIFE.index(sight.phase) for sight in states]

    assert phases == sorted(phases)
    assert [sight.has_url for sight in states] == sorted(sight.has_url for sight in states)


@given(task=tasks(), moment=seconds)
def test_the_refund_comes_with_the_failure(task, moment):
    """`failed_at_tick` is the first moment that shows the failure."""
    now = task.accepted + moment
    failed = task.state(now).phase is Phase.FAILED

    assert failed == (task.failed_at_tick is not None and now >= max(task.failed_at_tick, TICK_SECONDS))


CELLS = [
    {"model": "MiniMax-Hailuo-02", "size": "512p"},
    {"model": "MiniMax-Hailuo-02", "size": "768p"},
    {"model": "MiniMax-Hailuo-2.3", "size": "1080p"},
    {"model": "MiniMax-Hailuo-2.3", "duration": 10},
    {"model": "MiniMax-Hailuo-02", "size": "1080p"},  # not sold
    {"model": "nobody"},
]
PRICES = {"512p": Decimal("0.10"), "768p": Decimal("0.28"), "1080p": Decimal("0.49")}
events = st.lists(st.sampled_from(CELLS) | st.floats(1, 200), max_size=12)
chances = st.fixed_dictionaries(
    {},
    optional={
        FaultName.FAILED_OBJECT: st.floats(0, 1),
        FaultName.HTML_502: st.floats(0, 0.3),
        FaultName.CHARGED_THEN_502: st.floats(0, 0.3),
        FaultName.CHARGED_THEN_WITHOUT_ID: st.floats(0, 0.3),
    },
)


def happen(desk: Desk, happenings: Sequence[dict | float]) -> None:
    """Orders are posted, and time passes between them."""
    for number, happening in enumerate(happenings):
        if isinstance(happening, float):
            desk.advance(happening)
        else:
            desk.post(prompt=f"A shoe {number}", **happening)


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(happenings=events, rates=chances, seed=st.integers(0, 9))
def test_no_cent_is_lost_whatever_happens(happenings, rates, seed):
    """Every accepted POST is one line at its list price; what failed is refunded, and the balance is the rest."""
    options = SimulatorOptions(
        catalog=CATALOG,
        clip_detail=ClipDetail.SMALL,
        balance_usd=Decimal(2),
        faults=FaultPlan(rates=rates),
        seed=seed,
    )
    desk = Desk(options=options)

    happen(desk, happenings)
    invoice = desk.invoice()

    for line in invoice.lines:
        assert line.price_usd == (Decimal("0.56") if line.duration == 10 else PRICES[line.size])
        assert line.refunded_usd == (line.price_usd if line.status == "failed" else 0)
    assert invoice.balance_usd == 2 - sum(line.price_usd - line.refunded_usd for line in invoice.lines)
    assert invoice.balance_usd >= 0


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(rates=chances, seed=st.integers(0, 99), order=st.permutations(range(8)))
def test_faults_fall_by_seed_and_request_alone(rates, seed, order):
    """The same seed and bodies meet the same faults, in whatever order the requests arrive."""

    def met(numbers):
        options = SimulatorOptions(
            catalog=CATALOG, clip_detail=ClipDetail.SMALL, faults=FaultPlan(rates=rates), seed=seed
        )
        desk = Desk(options=options)
        return {number: desk.post(prompt=f"A shoe {number}").status_code for number in numbers}

    assert met(order) == met(range(8))


@given(
    size=st.sampled_from(["512p", "768p", "1080p"]), width=st.integers(301, 4000), aspect=st.floats(0.4, 2.5)
)
def test_a_clip_keeps_its_frames_aspect_and_its_tier(size, width, aspect):
    """The short side is the tier's, both sides are even, and the shape is off by a pixel at most."""
    frame = Frame(content=b"", width=width, height=max(1, round(width / aspect)))
    across, down = pixels(size, frame)

    assert (min(across, down), across % 2, down % 2) == (int(size[:-1]), 0, 0)
    assert abs(across / down - frame.width / frame.height) <= 1.5 / min(across, down) * max(1, across / down)


@pytest.mark.parametrize("fault", list(FaultName), ids=str)
def test_every_fault_can_be_asked_for_by_name(fault):
    """`--faults` takes each one, and names it back in its own spelling."""
    assert FaultPlan.parse(f"{fault}=0.5") == FaultPlan(rates={fault: 0.5})
