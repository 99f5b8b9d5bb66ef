"""The one thing that only a real connection shows: a submit has its own, and is not sent again."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from hailuo.vendor import Accepted, Fault, Meaning, VideoClient

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

YES = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"id": "task_1"}'


class Server:
    """Reads whole requests, counts them per connection, and answers or hangs up."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.requests: Counter[int] = Counter()
        self._visits: list[asyncio.Event] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over = asyncio.Event()
        self._visits.append(over)
        number = len(self._visits)
        while head := await self._head(reader):
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            self.requests[number] += 1
            if not self._answer:
                break
            writer.write(self._answer)
        writer.close()
        await writer.wait_closed()
        over.set()

    async def until_all_left(self) -> None:
        for over in self._visits:
            await over.wait()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""


@pytest.fixture
def submit_twice() -> Callable[[Server], list[Accepted | Fault]]:
    async def main(server: Server) -> list[Accepted | Fault]:
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            async with VideoClient(base_url=f"http://127.0.0.1:{port}", key=SecretStr("k")) as client:
                outcomes = [await client.submit({"prompt": "x"}) for _ in range(2)]
            await server.until_all_left()
            return outcomes

    return lambda server: asyncio.run(main(server))


def test_each_submit_has_a_connection_of_its_own(
    submit_twice: Callable[[Server], list[Accepted | Fault]],
) -> None:
    """Although the server keeps connections alive, a submit never rides on a used one."""
    server = Server(YES)

    outcomes = submit_twice(server)

    assert outcomes == [Accepted(task_id="task_1", request_id=None)] * 2
    assert server.requests == {1: 1, 2: 1}


def test_submit_lost_after_the_body_is_unknown_and_not_repeated(
    submit_twice: Callable[[Server], list[Accepted | Fault]],
) -> None:
    """The server read the order and hung up: one POST each, and nobody claims that it was refused."""
    server = Server(b"")

    outcomes = submit_twice(server)

    assert [outcome.meaning for outcome in outcomes if isinstance(outcome, Fault)] == [Meaning.UNCLEAR] * 2
    assert server.requests == {1: 1, 2: 1}
