"""Where a job stands, row by row of the table at the top of `hailuo.ledger.life`, and which fact may follow which."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import get_args

import pytest

from hailuo.campaign.job import Job
from hailuo.campaign.variant import FirstFrame
from hailuo.errors import IllegalMoveError
from hailuo.ledger import life
from hailuo.ledger.facts import Fact, JobRecord, JobState, Orphan, Outcome
from hailuo.ledger.life import state_of, with_fact
from hailuo.ledger.money import items_of, sums_of
from tests.support.factories import (
    ABANDONED,
    AT,
    BUSY,
    DONE,
    DOUBT,
    INTENT,
    JOB,
    KEPT,
    MODERATED,
    PRICE,
    REFUNDED,
    REFUSED,
    SUBMITTED,
    UNSAID,
    UNSENT,
    VARIANT,
)

CID = JOB.creative_id
HORIZON = timedelta(minutes=7)
NOTHING = Decimal(0)
OUTCOMES = (SUBMITTED, BUSY, REFUSED, UNSENT, ABANDONED)
DONE_AGAIN = replace(DONE, attempt=2)
ENDS = (REFUNDED, KEPT, UNSAID, MODERATED)


def record_of(*facts: Fact | Orphan) -> JobRecord:
    """The record of one attempt with these facts."""
    record = JobRecord(creative_id=CID)
    for fact in facts:
        if isinstance(fact, Orphan):
            record = replace(record, attempts=(replace(record.attempts[0], orphans=(fact,)),))
        else:
            record = with_fact(record, 1, fact)
    return record


def late(*facts: Fact) -> JobRecord:
    """The record of an attempt whose task id came after it was given up, and of these facts about the next."""
    record = record_of(INTENT, ABANDONED, ORPHAN)
    for fact in facts:
        record = with_fact(record, 2, fact)
    return record


def bought_again(*facts: Fact) -> JobRecord:
    """As `late`, by a worker that had not heard of the task id."""
    record = record_of(INTENT, ABANDONED)
    for fact in (INTENT, *facts):
        record = with_fact(record, 2, fact)
    first, second = record.attempts
    return replace(record, attempts=(replace(first, orphans=(ORPHAN,)), second))


ORPHAN = Orphan(task_id="task_late", base_url="https://api.imarouter.com", at=AT)
ADOPTS = replace(INTENT, adopts="task_late")
ADOPTED = replace(SUBMITTED, task_id="task_late")
OTHER_LATE = replace(INTENT, adopts="task_other")
RECORDS: dict[str, tuple[Fact | Orphan, ...]] = {
    "nothing": (),
    "intent": (INTENT,),
    "doubt": (INTENT, DOUBT),
    "submitted": (INTENT, SUBMITTED),
    "submitted after a doubt": (INTENT, DOUBT, SUBMITTED),
    "unsent": (INTENT, UNSENT),
    "abandoned": (INTENT, ABANDONED),
    "abandoned too early": (INTENT, ABANDONED, ORPHAN),
    "refused, may repeat": (INTENT, BUSY),
    "refused for good": (INTENT, REFUSED),
    "failed and refunded": (INTENT, SUBMITTED, REFUNDED),
    "failed, not refunded": (INTENT, SUBMITTED, KEPT),
    "failed, refund not told": (INTENT, SUBMITTED, UNSAID),
    "failed by moderation": (INTENT, SUBMITTED, MODERATED),
    "stored": (INTENT, SUBMITTED, DONE),
}
FACTS: dict[str, tuple[int, Fact]] = {
    "first intent": (1, INTENT),
    "second intent": (2, INTENT),
    "intent that adopts the late task": (2, ADOPTS),
    "intent that adopts another": (2, OTHER_LATE),
    "first intent, adopting": (1, ADOPTS),
    "doubt": (1, DOUBT),
    **{
        f"outcome {outcome.kind} {getattr(outcome, 'cause', '')}".strip(): (1, outcome)
        for outcome in OUTCOMES
    },
    "end": (1, REFUNDED),
    "end by moderation": (1, MODERATED),
    "done": (1, DONE),
}
SETTLES = {name for name in FACTS if name.startswith("outcome")}
LEGAL: dict[str, set[str]] = {
    "nothing": {"first intent"},
    "intent": {"doubt"} | SETTLES,
    "doubt": SETTLES,
    "submitted": {"end", "end by moderation", "done"},
    "submitted after a doubt": {"end", "end by moderation", "done"},
    "unsent": {"second intent"},
    "abandoned": {"second intent"},
    "abandoned too early": {"intent that adopts the late task"},
    "refused, may repeat": {"second intent"},
    "refused for good": set(),
    "failed and refunded": {"second intent"},
    "failed, not refunded": set(),
    "failed, refund not told": set(),
    "failed by moderation": set(),
    "stored": set(),
}
PAIRS = list(product(RECORDS, FACTS))


@pytest.mark.parametrize(("before", "fact"), [pair for pair in PAIRS if pair[1] in LEGAL[pair[0]]])
def test_a_legal_fact_is_taken(before: str, fact: str) -> None:
    """And nothing recorded before is lost."""
    record = record_of(*RECORDS[before])
    number, what = FACTS[fact]

    after = with_fact(record, number, what)

    attempt = after.attempts[number - 1]
    assert what in (attempt.intent, attempt.doubt, attempt.outcome, attempt.end, after.done)
    assert len(after.attempts) == max(number, len(record.attempts))


@pytest.mark.parametrize(("before", "fact"), [pair for pair in PAIRS if pair[1] not in LEGAL[pair[0]]])
def test_any_other_fact_is_an_illegal_move(before: str, fact: str) -> None:
    """The one door for every change of state is shut, and says which job."""
    record = record_of(*RECORDS[before])
    number, what = FACTS[fact]

    with pytest.raises(
        IllegalMoveError, match=f"job {CID}: {type(what).__name__.lower()} of attempt {number}"
    ):
        with_fact(record, number, what)


@pytest.mark.parametrize("number", [0, 2, 3, -1])
@pytest.mark.parametrize("fact", [DOUBT, *OUTCOMES])
def test_a_fact_is_about_the_last_attempt(number: int, fact: Fact) -> None:
    """An answer that belongs to another attempt is not taken for this one's."""
    with pytest.raises(IllegalMoveError):
        with_fact(record_of(INTENT), number, fact)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_attempts_are_counted_without_gaps(number: int) -> None:
    """The second follows the first."""
    with pytest.raises(IllegalMoveError):
        with_fact(record_of(INTENT, UNSENT), number, INTENT)


def test_a_record_is_a_value() -> None:
    """A fact makes a new record; who holds the old one sees no change."""
    before = record_of(INTENT)

    with_fact(before, 1, SUBMITTED)

    assert before.attempts[0].outcome is None


def test_the_tables_name_every_fact_and_every_outcome() -> None:
    """A new kind of fact or outcome needs its rows here."""
    kinds = {type(fact) for _, fact in FACTS.values()}

    assert kinds == set(get_args(Fact))
    assert LEGAL.keys() == RECORDS.keys()


ROWS: list[tuple[str, Sequence[Fact | Orphan] | JobRecord, timedelta, JobState]] = [
    ("(nothing)", (), timedelta(0), JobState.NEW),
    ("intent", (INTENT,), timedelta(0), JobState.IN_DOUBT),
    ("intent", (INTENT,), HORIZON, JobState.UNKNOWN),
    ("doubt", (INTENT, DOUBT), timedelta(0), JobState.UNKNOWN),
    ("intent that adopts", late(ADOPTS), timedelta(0), JobState.UNKNOWN),
    ("outcome unsent", (INTENT, UNSENT), HORIZON, JobState.NEW),
    ("outcome abandoned", (INTENT, ABANDONED), HORIZON, JobState.NEW),
    ("outcome abandoned, orphan", (INTENT, ABANDONED, ORPHAN), HORIZON, JobState.UNKNOWN),
    ("orphan, later attempt empty", bought_again(UNSENT), HORIZON, JobState.UNKNOWN),
    ("outcome refused, may repeat", (INTENT, BUSY), HORIZON, JobState.NEW),
    ("outcome refused, for good", (INTENT, REFUSED), HORIZON, JobState.REFUSED),
    ("outcome submitted", (INTENT, SUBMITTED), HORIZON, JobState.SUBMITTED),
    ("end failed, retries left", (INTENT, SUBMITTED, REFUNDED), HORIZON, JobState.NEW),
    ("end failed", (INTENT, SUBMITTED, KEPT), HORIZON, JobState.FAILED),
    ("done", (INTENT, SUBMITTED, DONE), HORIZON, JobState.STORED),
]


@pytest.mark.parametrize(("row", "facts", "age", "state"), ROWS)
def test_the_facts_tell_the_state(
    row: str, facts: Sequence[Fact | Orphan] | JobRecord, age: timedelta, state: JobState
) -> None:
    """One test per row of the table in the module's docstring."""
    record = facts if isinstance(facts, JobRecord) else record_of(*facts)
    assert re.search(rf"^{re.escape(row)}\s+{state.name}\b", life.__doc__ or "", re.MULTILINE)
    assert state_of(record, store_now=AT + age, horizon=HORIZON, failed_retries=1) is state


def test_the_table_has_every_state_and_every_row_is_tested() -> None:
    """A state that the docstring does not explain does not exist."""
    documented = re.findall(r"^(\S.*?) {2,}([A-Z_]+)(?: |$)", life.__doc__ or "", re.MULTILINE)

    assert documented == [(row, state.name) for row, _, _, state in ROWS]
    assert {state for _, _, _, state in ROWS} == set(JobState)


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(hours=-3), JobState.UNKNOWN),  # a wrong clock recorded it
        (timedelta(microseconds=1) - HORIZON, JobState.IN_DOUBT),
        (HORIZON - timedelta(microseconds=1), JobState.IN_DOUBT),
        (HORIZON, JobState.UNKNOWN),
    ],
)
def test_an_intent_is_in_doubt_up_to_the_horizon(age: timedelta, state: JobState) -> None:
    """To the microsecond."""
    assert state_of(record_of(INTENT), store_now=AT + age, horizon=HORIZON, failed_retries=1) is state


def test_a_doubt_makes_a_young_intent_unknown() -> None:
    """Its POST is over: nobody is at work on it any more."""
    record = record_of(INTENT, DOUBT)

    assert state_of(record, store_now=AT, horizon=HORIZON, failed_retries=1) is JobState.UNKNOWN


def _failed(times: int) -> JobRecord:
    record = JobRecord(creative_id=CID)
    for number in range(1, times + 1):
        for fact in (INTENT, SUBMITTED, REFUNDED):
            record = with_fact(record, number, fact)
    return record


@pytest.mark.parametrize(
    ("failures", "retries", "state"),
    [
        (1, 0, JobState.FAILED),
        (1, 1, JobState.NEW),
        (2, 1, JobState.FAILED),
        (2, 2, JobState.NEW),
        (3, 2, JobState.FAILED),
    ],
)
def test_retries_are_further_attempts_after_failures(failures: int, retries: int, state: JobState) -> None:
    """`retries: {failed: 1}` means one more after the first failure."""
    record = _failed(failures)

    assert state_of(record, store_now=AT, horizon=HORIZON, failed_retries=retries) is state


def test_an_attempt_that_reached_nobody_uses_up_no_retry() -> None:
    """Busy vendors, lost connections and abandoned attempts are no failures."""
    record = JobRecord(creative_id=CID)
    nothing_reached: tuple[Outcome, ...] = (BUSY, UNSENT, ABANDONED, BUSY)
    for number, outcome in enumerate(nothing_reached, start=1):
        record = with_fact(with_fact(record, number, INTENT), number, outcome)
    for fact in (INTENT, SUBMITTED, REFUNDED):
        record = with_fact(record, 5, fact)

    assert record.failures == 1
    assert state_of(record, store_now=AT, horizon=HORIZON, failed_retries=1) is JobState.NEW


@pytest.mark.parametrize("fact", [DOUBT, *OUTCOMES], ids=lambda fact: type(fact).__name__)
def test_an_attempt_that_adopts_ends_only_in_the_task_it_took_over(fact: Fact) -> None:
    """Nothing was sent for it: no doubt, no refusal, nobody may abandon it, and no other task is its own."""
    with pytest.raises(IllegalMoveError):
        with_fact(late(ADOPTS), 2, fact)

    assert with_fact(late(ADOPTS), 2, ADOPTED).attempts[1].outcome == ADOPTED


@pytest.mark.parametrize("age", [timedelta(0), 2 * HORIZON])
def test_an_attempt_that_adopts_is_never_perhaps_being_sent(age: timedelta) -> None:
    """Whoever finds it may complete it at once."""
    assert state_of(late(ADOPTS), store_now=AT + age, horizon=HORIZON, failed_retries=1) is JobState.UNKNOWN


def test_an_adopted_task_lives_like_any_other() -> None:
    """Collected, stored, or failed; and its id is not adopted a second time."""
    record = late(ADOPTS, ADOPTED)
    failed = with_fact(record, 2, REFUNDED)

    assert state_of(record, store_now=AT, horizon=HORIZON, failed_retries=0) is JobState.SUBMITTED
    assert with_fact(record, 2, replace(DONE, attempt=2, task_id="task_late")).paid_twice == ()
    assert (failed.adoptable, failed.paid_twice) == (None, ())


AGAIN: list[tuple[str, tuple[Fact, ...], bool]] = [
    # what became of the attempt that was bought again, and whether the late task can save the next
    ("still open", (), False),
    ("in doubt", (DOUBT,), False),
    ("at the vendor", (SUBMITTED,), False),
    ("stored", (SUBMITTED, DONE_AGAIN), False),
    ("unsent", (UNSENT,), True),
    ("busy", (BUSY,), True),
    ("refused for good", (REFUSED,), True),
    ("abandoned", (ABANDONED,), True),
    ("failed, refunded", (SUBMITTED, REFUNDED), True),
    ("failed, kept", (SUBMITTED, KEPT), True),
]


@pytest.mark.parametrize(("facts", "saves"), [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN])
def test_a_late_task_saves_buying_or_was_paid_twice(facts: tuple[Fact, ...], saves: bool) -> None:
    """Never both, never neither; and while it can save buying, nothing is bought."""
    record = bought_again(*facts)

    state = state_of(record, store_now=AT, horizon=HORIZON, failed_retries=9)

    assert (record.adoptable is not None) is saves
    assert sums_of(items_of(record)).paid_twice_usd == (NOTHING if saves else PRICE)
    if saves:
        assert state is JobState.UNKNOWN
        with pytest.raises(IllegalMoveError):
            with_fact(record, 3, INTENT)
        assert with_fact(record, 3, ADOPTS).adoptable is None


def test_of_two_late_tasks_one_saves_buying() -> None:
    """The other was paid twice."""
    record = bought_again(ABANDONED)
    second = replace(record.attempts[1], orphans=(replace(ORPHAN, task_id="task_later"),))
    record = replace(record, attempts=(record.attempts[0], second))

    assert record.adoptable is not None
    assert record.adoptable.orphan.task_id == "task_late"
    assert [task.orphan.task_id for task in record.paid_twice] == ["task_later"]


def test_the_right_task_named_by_a_person_is_not_paid_twice_when_its_answer_comes() -> None:
    """The late answer says the same; another one shows that the person was wrong."""
    record = record_of(INTENT, ADOPTED)
    same, other = (
        replace(record, attempts=(replace(record.attempts[0], orphans=(orphan,)),))
        for orphan in (ORPHAN, replace(ORPHAN, task_id="task_other"))
    )

    paid_twice = [sums_of(items_of(told)).paid_twice_usd for told in (same, other)]
    assert paid_twice == [NOTHING, PRICE]


@pytest.mark.parametrize("end", [KEPT, UNSAID, MODERATED])
def test_only_what_was_refunded_and_not_moderated_is_tried_again(end: Fact) -> None:
    """However many retries the campaign allows: the next try would cost twice, or fail again."""
    record = record_of(INTENT, SUBMITTED, end)

    assert state_of(record, store_now=AT, horizon=HORIZON, failed_retries=99) is JobState.FAILED


def test_stored_stays_stored() -> None:
    """Whatever else another worker recorded, and when: bytes verified in the store end it."""
    record = replace(record_of(INTENT, SUBMITTED, REFUNDED), done=DONE)

    assert state_of(record, store_now=AT, horizon=HORIZON, failed_retries=9) is JobState.STORED


def test_a_job_knows_where_its_clip_and_frame_lie() -> None:
    """The clip by creative id; the frame by its bytes, so that it is offered once."""
    frame = FirstFrame(label="hero", sha256="fa" * 32, suffix=".png")
    job = replace(JOB, variant=replace(VARIANT, first_frame=frame))

    assert job.clip_key == f"shoe/main/clips/{CID}.mp4"
    assert job.frame_key == f"shoe/main/frames/{'fa' * 32}.png"


@pytest.mark.parametrize("grant", ["?X-Amz-Signature=0ff1ce", "#0ff1ce", "?a=1?b=2#c\n0ff1ce"])
def test_a_job_is_recorded_without_what_opens_its_frame(grant: str) -> None:
    """A query or fragment of the frame's URL may be a signature; the job's ids do not hang on it."""
    frame = FirstFrame(label="web", sha256="00", url=f"https://example.com/x.png{grant}")
    job: Job = replace(JOB, variant=replace(VARIANT, first_frame=frame))

    recorded = job.as_recorded()

    bare = replace(frame, url="https://example.com/x.png")
    assert recorded == replace(job, variant=replace(job.variant, first_frame=bare))
    assert recorded.variant.variant_id == job.variant.variant_id


@pytest.mark.parametrize(
    "frame", [None, FirstFrame(label="web", sha256="00", url="https://example.com/x.png")]
)
def test_no_frame_of_ours_has_no_key(frame: FirstFrame | None) -> None:
    """A URL is fetched by the vendor where it is."""
    job: Job = replace(JOB, variant=replace(VARIANT, first_frame=frame))

    assert job.frame_key is None
