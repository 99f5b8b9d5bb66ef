"""The first job of each model goes alone; when the first few all fail for one cause, nobody follows."""

import asyncio
from asyncio import run

import pytest

from hailuo.run.stopping import CANARY_FAILURES, Canary

M02, M23 = "MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3"


async def _settle() -> None:
    """Let everybody who can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)  # noqa: TID251 (gives way, does not wait)


async def _waiting(canaries: Canary, count: int, model: str = M02) -> list[asyncio.Task[bool]]:
    """So many jobs that have asked for their turn."""
    tasks = [asyncio.create_task(canaries.turn(model)) for _ in range(count)]
    await _settle()
    return tasks


async def _cancel(tasks: list[asyncio.Task[bool]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _gone(tasks: list[asyncio.Task[bool]]) -> list[bool | None]:
    """True: went alone; False: went with everybody; None: waits."""
    return [task.result() if task.done() else None for task in tasks]


def test_one_goes_alone_and_the_others_wait() -> None:
    """A wrong request costs one clip, not a night."""

    async def story() -> list[bool | None]:
        tasks = await _waiting(Canary(), 4)
        seen = _gone(tasks)
        await _cancel(tasks)
        return seen

    assert run(story()) == [True, None, None, None]


def test_models_do_not_wait_for_each_other() -> None:
    """Each has a canary of its own."""

    async def story() -> list[bool | None]:
        canaries = Canary()
        return _gone(await _waiting(canaries, 1, M02) + await _waiting(canaries, 1, M23))

    assert run(story()) == [True, True]


def test_a_stored_clip_frees_everybody() -> None:
    """Those who wait, and those who come later."""

    async def story() -> list[bool | None]:
        canaries = Canary()
        tasks = await _waiting(canaries, 3)
        canaries.prove(M02)
        await _settle()
        return _gone(tasks + await _waiting(canaries, 1))

    assert run(story()) == [True, False, False, False]


def test_a_proof_is_for_one_model() -> None:
    """The other one still sends its canary first."""

    async def story() -> list[bool | None]:
        canaries = Canary()
        canaries.prove(M02)
        tasks = await _waiting(canaries, 2, M23)
        seen = _gone(tasks)
        await _cancel(tasks)
        return seen

    assert run(story()) == [True, None]


def test_a_canary_without_a_verdict_is_followed_by_one() -> None:
    """The next goes alone too, not everybody."""

    async def story() -> list[list[bool | None]]:
        canaries = Canary()
        tasks = await _waiting(canaries, 3)
        seen = []
        for _ in range(2):
            canaries.pass_on(M02)
            await _settle()
            seen.append(_gone(tasks))
        return seen

    assert run(story()) == [[True, True, None], [True, True, True]]


def test_a_failed_canary_is_followed_by_one() -> None:
    """One failure may be that job's own."""

    async def story() -> list[bool | None]:
        canaries = Canary()
        tasks = await _waiting(canaries, 3)
        canaries.fail(M02, cause="vendor_failure", witness="a")
        await _settle()
        seen = _gone(tasks)
        await _cancel(tasks)
        return seen

    assert run(story()) == [True, True, None]


def test_a_canary_that_gives_up_waiting_blocks_nobody() -> None:
    """A run that is interrupted cancels who waits."""

    async def story() -> list[bool | None]:
        canaries = Canary()
        tasks = await _waiting(canaries, 3)
        await _cancel(tasks[1:2])
        canaries.pass_on(M02)
        await _settle()
        return _gone([tasks[0], tasks[2]])

    assert run(story()) == [True, True]


@pytest.mark.parametrize(
    ("failures", "enough"),
    [
        ([("vendor_failure", "a"), ("vendor_failure", "b"), ("vendor_failure", "c")], [False, False, True]),
        ([("vendor_failure", "a"), ("vendor_failure", "a"), ("vendor_failure", "a")], [False] * 3),
        ([("moderation", "a"), ("vendor_failure", "b"), ("moderation", "c")], [False] * 3),
        (
            [("moderation", "a"), ("vendor_failure", "x"), ("moderation", "b"), ("moderation", "c")],
            [False, False, False, True],
        ),
    ],
    ids=["one cause", "one witness", "two causes", "one cause among others"],
)
def test_three_witnesses_of_one_cause_are_enough(failures: list[tuple[str, str]], enough: list[bool]) -> None:
    """A prompt refused by moderation speaks for itself only once, however many takes of it there are."""
    canaries = Canary()

    assert [canaries.fail(M02, cause=cause, witness=who) for cause, who in failures] == enough


def test_failures_are_counted_by_model() -> None:
    """Two models with two failures each are not one with four."""
    canaries = Canary()
    who = [(model, witness) for witness in range(CANARY_FAILURES - 1) for model in (M02, M23)]

    assert not any(canaries.fail(model, cause="x", witness=str(n)) for model, n in who)
