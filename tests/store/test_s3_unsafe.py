"""Servers that would let a clip be paid for twice are found out before anything is paid."""

from asyncio import run

import pytest

from hailuo.errors import DamagedClipError, UnsafeStoreError
from tests.store.conftest import OpenStore
from tests.store.contract import CLIP, MP4, sha256_of
from tests.store.s3_doubles import Habit, answering
from tests.support.servers.s3 import S3Server

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


@pytest.mark.parametrize("habit", [Habit.IGNORES, Habit.YES_TO_ALL, Habit.KNOWS_NOT, Habit.LOOKS_FIRST])
def test_a_server_that_does_not_keep_conditions_is_refused(open_s3: OpenStore, habit: Habit) -> None:
    """Also one that keeps them only while nobody else writes; the message says what is known to be safe."""
    with answering(habit) as url:
        store = open_s3(S3Server(name="careless", url=url, pid=0))

        with pytest.raises(UnsafeStoreError, match=r"If-None-Match.*use AWS S3"):
            run(store.probe())


def test_the_refusal_names_who_is_known_to_ignore_conditions(open_s3: OpenStore) -> None:
    """So that nobody looks for the fault in the policy."""
    with answering(Habit.IGNORES) as url:
        store = open_s3(S3Server(name="careless", url=url, pid=0))

        with pytest.raises(UnsafeStoreError, match=r"Google Cloud Storage.*rclone serve s3.*s3rver"):
            run(store.probe())


def test_a_clip_that_the_server_keeps_damaged_is_not_done(open_s3: OpenStore, clip) -> None:
    """A server that keeps no checksums is asked for the bytes themselves."""
    with answering(Habit.DAMAGES) as url:
        store = open_s3(S3Server(name="careless", url=url, pid=0))

        with pytest.raises(DamagedClipError):
            run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))
