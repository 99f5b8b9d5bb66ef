"""Create-once under lost replies, refusals and delays: what money hangs on, on a bad night."""

import asyncio
from asyncio import run
from collections.abc import Iterator

import pytest

from hailuo.clock import RehearsalClock
from hailuo.errors import StoreUnavailableError
from hailuo.run.tools import retry_until_recorded
from hailuo.store import Store
from tests.store.conftest import OpenStore
from tests.store.contract import CLIP, KEY, MP4, TEXT, sha256_of
from tests.store.s3_doubles import Decide, Fault, FaultProxy, between, share
from tests.support.servers.s3 import S3Server

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

CREATES = 150
SHARES = {
    Fault.DROPPED: 0.15,
    Fault.LATE: 0.03,
    Fault.LOST: 0.03,
    Fault.ERROR_APPLIED: 0.03,
    Fault.CONFLICT: 0.04,
    Fault.ERROR: 0.04,
    Fault.SLOW_DOWN: 0.04,
    Fault.SLOW: 0.04,
}


@pytest.fixture(params=["seaweedfs", "ministack"])
def server(request: pytest.FixtureRequest) -> S3Server:
    found: S3Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def bad_night(server: S3Server) -> Iterator[FaultProxy]:
    with between(server.url, share(SHARES, seed=3)) as proxy:
        yield proxy


@pytest.fixture
def store(open_s3: OpenStore, server: S3Server, bad_night: FaultProxy) -> Store:
    """All it asks goes through the bad night."""
    return open_s3(server, AWS_ENDPOINT_URL_S3=bad_night.url)


async def created(store: Store, key: str, content: bytes) -> bool:
    """As the runner creates: again, with the same bytes, for as long as nobody knows."""
    return await retry_until_recorded(RehearsalClock(1000), lambda: store.create(key, content), about=key)


def test_the_true_owner_is_told_so_every_time(store: Store, bad_night: FaultProxy) -> None:
    """150 creates alone on their keys, 15 % of the replies lost after the write: a 412 is often one's own.

    Taken for a lost race, each of these would be a clip that is paid for and never collected.
    """
    keys = [f"{KEY}-{number}" for number in range(CREATES)]

    async def night() -> list[bool]:
        gate = asyncio.Semaphore(12)

        async def create(key: str) -> bool:
            async with gate:
                return await created(store, key, key.encode())

        return await asyncio.gather(*map(create, keys))

    won = run(night())

    assert won == [True] * CREATES
    assert bad_night.met[Fault.DROPPED] > CREATES / 10
    assert bad_night.statuses["PUT", 412] > CREATES / 10


def test_of_two_workers_exactly_one_is_told_yes(
    store: Store, open_s3: OpenStore, server: S3Server, bad_night: FaultProxy
) -> None:
    """And what lies under the key is that one's, once everything late has landed."""
    keys = [f"{KEY}-{number}" for number in range(50)]
    workers = {b"ann": store, b"bea": store}

    async def race(key: str) -> dict[bytes, bool]:
        answers = await asyncio.gather(*(created(worker, key, name) for name, worker in workers.items()))
        return dict(zip(workers, answers, strict=True))

    async def night() -> list[dict[bytes, bool]]:
        gate = asyncio.Semaphore(6)

        async def one(key: str) -> dict[bytes, bool]:
            async with gate:
                return await race(key)

        return await asyncio.gather(*map(one, keys))

    told = run(night())
    bad_night.settle()

    good_day = open_s3(server)
    lies = [run(good_day.read(key)) for key in keys]
    assert [[name for name, won in answers.items() if won] for answers in told] == [[name] for name in lies]


def struck(*faults: Fault | None, method: str = "PUT") -> Decide:
    """The first requests of the method meet these; all later ones nothing."""

    def decide(asked: str, path: str, nth: int) -> Fault | None:
        del path
        return faults[nth - 1] if asked == method and nth <= len(faults) else None

    return decide


@pytest.mark.parametrize("fault", list(SHARES), ids=lambda fault: fault.name.lower())
def test_one_fault_never_changes_the_answer(open_s3: OpenStore, ministack: S3Server, fault: Fault) -> None:
    """Whatever becomes of the first try: the owner hears yes, who comes later hears no."""
    with between(ministack.url, struck(fault)) as proxy:
        store = open_s3(ministack, AWS_ENDPOINT_URL_S3=proxy.url)

        assert run(store.create(KEY, b"ann"))
        assert not run(store.create(KEY, b"bea"))
        assert proxy.met[fault] == 1


def test_a_key_that_exists_and_then_is_missing_is_asked_for_again(
    open_s3: OpenStore, ministack: S3Server
) -> None:
    """A 404 after a write proves nothing: here the reply of the comparing GET is lost as well."""
    with between(ministack.url, struck(Fault.DROPPED, Fault.CUT, method="GET")) as proxy:
        store = open_s3(ministack, AWS_ENDPOINT_URL_S3=proxy.url)
        run(open_s3(ministack).create(KEY, b"ann"))

        assert not run(store.create(KEY, b"bea"))
        assert run(store.create(KEY, b"ann"))


def test_a_store_that_never_answers_decides_nothing(open_s3: OpenStore, ministack: S3Server) -> None:
    """Neither yes nor no: the caller may ask the same again, and does."""
    with between(ministack.url, struck(*[Fault.ERROR_APPLIED] * 7)) as proxy:
        store = open_s3(ministack, AWS_ENDPOINT_URL_S3=proxy.url)

        with pytest.raises(StoreUnavailableError, match="not known"):
            run(store.create(KEY, b"ann"))
        assert run(store.create(KEY, b"ann"))


def test_reading_goes_on_after_a_reply_that_was_cut_off(open_s3: OpenStore, ministack: S3Server) -> None:
    """Half an object is never given back as a whole one."""
    with between(ministack.url, struck(Fault.CUT, Fault.DROPPED, method="GET")) as proxy:
        store = open_s3(ministack, AWS_ENDPOINT_URL_S3=proxy.url)
        run(store.put(CLIP, b"clip", content_type=TEXT))

        assert run(store.read(CLIP)) == b"clip"


def test_bytes_that_changed_on_the_way_are_refused(open_s3: OpenStore, seaweedfs: S3Server, clip) -> None:
    """The server holds them against their SHA-256; the good ones stay, and the caller sends again."""
    with between(seaweedfs.url, struck(None, Fault.CORRUPTED)) as proxy:
        store = open_s3(seaweedfs, AWS_ENDPOINT_URL_S3=proxy.url)
        run(store.put(CLIP, b"good", content_type=MP4))

        with pytest.raises(StoreUnavailableError):
            run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))
        assert run(store.read(CLIP)) == b"good"
        run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))
        assert run(store.read(CLIP)) == clip.read_bytes()
