"""What a clip's host sends is bounded in bytes, in time and in what it unfolds to; see SECURITY.md."""

import asyncio
import gzip
import itertools
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from hailuo.testing import VirtualClock
from hailuo.vendor import Accepted, Downloaded, DownloadFault, Fault, Meaning, VideoClient

MEBIBYTE = 1024 * 1024
CLIP = b"\x00\x00\x00\x14ftypisom" + b"\x00" * 8 + (20_008).to_bytes(4) + b"mdat" + b"\x07" * 20_000
TWICE = "gzip, gzip"


class Body(httpx.AsyncByteStream):
    """Pieces as a network hands them out, `pause` seconds apart."""

    def __init__(self, pieces: Iterable[bytes], *, pause: float = 0.0) -> None:
        self._pieces = pieces
        self._pause = pause
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await asyncio.sleep(self._pause)  # noqa: TID251 (virtual)
            self.sent += len(piece)
            yield piece


def answer_of(body: Body, coding: str = "identity") -> httpx.Response:
    return httpx.Response(200, stream=body, headers={"Content-Encoding": coding})


def client_of(answer: httpx.Response) -> VideoClient:
    transport = httpx.MockTransport(lambda _: answer)
    return VideoClient(base_url="https://api.imarouter.com", key=SecretStr("sk-test"), transport=transport)


async def fetched(answer: httpx.Response, to: Path, **caps: Any) -> Downloaded | DownloadFault:
    async with client_of(answer) as client:
        return await client.download("https://cdn.example/a.mp4", to, **caps)


def endless(piece: bytes) -> Iterable[bytes]:
    """For all that anybody here will wait for."""
    return itertools.repeat(piece, 500)


def pieces_of(content: bytes, size: int = 65_536) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def test_a_clip_without_end_is_cut_off_at_the_cap(tmp_path):
    """No more than the cap, and one piece, is read; nothing of it stays on the disk."""
    body = Body(endless(CLIP[:65_536]))

    outcome = asyncio.run(fetched(answer_of(body), tmp_path / "clip", bytes_at_most=MEBIBYTE))

    assert outcome == DownloadFault(expired=False, reason="larger than 1 MB", http_status=200)
    assert body.sent <= MEBIBYTE + 65_536
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_says_it_is_larger_than_500_mb_is_not_read(tmp_path):
    """The cap that holds where nobody names another one; not a piece of the body is taken."""
    body = Body(endless(CLIP[:65_536]))
    answer = httpx.Response(200, stream=body, headers={"Content-Length": str(500 * MEBIBYTE + 1)})

    outcome = asyncio.run(fetched(answer, tmp_path / "clip"))

    assert outcome == DownloadFault(expired=False, reason="larger than 500 MB", http_status=200)
    assert (body.sent, list(tmp_path.iterdir())) == (0, [])


def test_a_host_that_drips_is_given_up_when_the_time_is_over(tmp_path):
    """A byte every half minute keeps every other time-out quiet; the whole download has fifteen minutes."""
    clock = VirtualClock()

    outcome = clock.run(fetched(answer_of(Body(endless(b"x"), pause=30.0)), tmp_path / "clip"))

    assert isinstance(outcome, DownloadFault)
    assert outcome.reason.startswith("TimeoutError")
    assert clock.seconds == 900
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("question", "seconds"), [("submit", 360), ("status", 60), ("balance", 60)])
def test_an_api_that_drips_is_given_up_likewise(question, seconds):
    """A submit has six minutes, a poll has one; a submit that ends so is unknown, and not sent again."""
    clock = VirtualClock()
    asks = {
        "submit": lambda client: client.submit({"prompt": "x"}),
        "status": lambda client: client.status("task_1"),
        "balance": lambda client: client.balance(),
    }

    async def main() -> object:
        async with client_of(answer_of(Body(endless(b" "), pause=10.0))) as client:
            return await asks[question](client)

    outcome = clock.run(main())

    assert isinstance(outcome, Fault)
    assert outcome.meaning is Meaning.UNCLEAR
    assert clock.seconds == seconds


def test_a_compressed_clip_counts_as_what_it_unfolds_to(tmp_path):
    """Two hundred megabytes of nothing, sent as two hundred kilobytes, reach neither disk nor memory."""
    bomb = gzip.compress(bytes(200 * MEBIBYTE), 9)
    body = Body(pieces_of(bomb, 16_384))

    tracemalloc.start()
    outcome = asyncio.run(fetched(answer_of(body, "gzip"), tmp_path / "clip", bytes_at_most=MEBIBYTE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert outcome == DownloadFault(expired=False, reason="larger than 1 MB", http_status=200)
    assert peak < 100 * MEBIBYTE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("coding", [TWICE, "gzip,deflate", "br", "zstd", "identity, GZIP"])
def test_what_can_unfold_without_bound_is_not_unfolded(coding, tmp_path):
    """A bomb in a bomb, and codings of which a few bytes stand for any number: refused before a byte is read."""
    body = Body([gzip.compress(gzip.compress(bytes(1000)))])

    outcome = asyncio.run(fetched(answer_of(body, coding), tmp_path / "clip"))

    assert isinstance(outcome, DownloadFault)
    assert "no bound" in outcome.reason
    assert body.sent == 0


def test_a_bomb_in_place_of_a_verdict_leaves_the_submit_unknown():
    """The API's own answers are bounded as clips are; what cannot be read decides nothing about money."""
    body = Body([gzip.compress(gzip.compress(b'{"task_id": "task_1"}'))])

    async def main() -> Accepted | Fault:
        async with client_of(answer_of(body, TWICE)) as client:
            return await client.submit({"prompt": "x"})

    outcome = asyncio.run(main())

    assert isinstance(outcome, Fault)
    assert (outcome.meaning, outcome.name) == (Meaning.UNCLEAR, "unreadable_answer")


def test_a_clip_sent_in_one_layer_of_gzip_is_still_a_clip(tmp_path):
    """Nobody asked for it, but it was paid for."""
    outcome = asyncio.run(fetched(answer_of(Body([gzip.compress(CLIP)]), "gzip"), tmp_path / "clip"))

    assert isinstance(outcome, Downloaded)
    assert (tmp_path / "clip").read_bytes() == CLIP
