"""How long an intent without outcome may be another worker's business, by the store's time."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from hailuo.vendor import SUBMIT_SECONDS_AT_MOST
from tests.support.factories import DOUBT, JOB, WrongClock, bought, tell

CID = JOB.creative_id
SECOND = timedelta(seconds=1)
wrong_by = pytest.mark.parametrize(
    "ahead", [timedelta(hours=-7), timedelta(0), timedelta(hours=7)], ids=["behind", "right", "ahead"]
)


def make_ledger(store: MemoryStore | FolderStore, clock: VirtualClock, ahead: timedelta) -> Ledger:
    return Ledger(store, WrongClock(clock, ahead), Edition("shoe", "main"), worker="ann")


def test_the_horizon_outlasts_the_longest_post() -> None:
    """Before it has passed, the answer may still come."""
    assert timedelta(seconds=SUBMIT_SECONDS_AT_MOST) < HORIZON


@wrong_by
@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(0), JobState.IN_DOUBT),
        (HORIZON - SECOND, JobState.IN_DOUBT),
        (HORIZON, JobState.UNKNOWN),
        (timedelta(days=3), JobState.UNKNOWN),
        (SECOND - HORIZON, JobState.IN_DOUBT),  # recorded by a clock that was somewhat ahead
        (timedelta(days=-1), JobState.UNKNOWN),  # recorded by a wrong one: nobody waits a day for it
    ],
)
def test_an_intent_is_in_doubt_until_the_horizon(ahead: timedelta, age: timedelta, state: JobState) -> None:
    """Whatever the reader's clock says: it is the store that tells the age."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    clock.run(bought(make_ledger(store, clock, timedelta(0))))
    clock.advance(age.total_seconds())
    reader = make_ledger(store, clock, ahead)

    clock.run(reader.load())

    assert reader.state(CID, failed_retries=1) is state


@wrong_by
def test_ones_own_intent_ages_alike(ahead: timedelta) -> None:
    """A worker whose clock is wrong by hours does not hold its own fresh intent for lost."""
    clock = VirtualClock()
    ledger = make_ledger(MemoryStore(clock), clock, ahead)
    clock.run(ledger.load())

    clock.run(bought(ledger))
    fresh = ledger.state(CID, failed_retries=1)
    clock.advance(HORIZON.total_seconds())

    assert fresh is JobState.IN_DOUBT
    assert ledger.state(CID, failed_retries=1) is JobState.UNKNOWN


def test_a_doubt_ends_the_waiting() -> None:
    """The POST is over, and nobody knows how: held at once."""
    clock = VirtualClock()
    ledger = make_ledger(MemoryStore(clock), clock, timedelta(0))
    clock.run(bought(ledger))

    clock.run(tell(ledger, JOB, DOUBT))

    assert ledger.state(CID, failed_retries=1) is JobState.UNKNOWN


def test_a_file_tells_its_age_by_the_file_system(tmp_path: Path) -> None:
    """On a folder too, with a worker that lives in another year."""
    clock = VirtualClock()
    store = FolderStore(tmp_path)
    clock.run(bought(make_ledger(store, clock, timedelta(0))))
    intent = tmp_path / f"shoe/main/ledger/v1/{CID}/a001/intent"
    old = intent.stat().st_mtime - HORIZON.total_seconds() - 1
    fresh_reader, late_reader = (make_ledger(store, clock, timedelta(days=-400)) for _ in range(2))

    clock.run(fresh_reader.load())
    os.utime(intent, (old, old))
    clock.run(late_reader.load())

    assert fresh_reader.state(CID, failed_retries=1) is JobState.IN_DOUBT
    assert late_reader.state(CID, failed_retries=1) is JobState.UNKNOWN
