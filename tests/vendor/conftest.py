"""The vendor at the border of httpx: answers with real bodies, and remembers what it was asked."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

import httpx
import pytest
from pydantic import SecretStr

from hailuo.vendor import VideoClient
from hailuo.vendor.download import Resolve

T = TypeVar("T")

BASE_URL = "https://api.imarouter.com"
KEY = "sk-Zx81-never-show-me-Qy92"
Answer = httpx.Response | Exception


class Vendor:
    """Gives its answers in turn, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def ask() -> Callable[..., object]:
    """Runs one question against a vendor and gives the client's answer."""

    def run(
        vendor: Vendor,
        question: Callable[[VideoClient], Coroutine[object, object, T]],
        *,
        base_url: str = BASE_URL,
        resolve: Resolve | None = None,
    ) -> T:
        async def main() -> T:
            transport = httpx.MockTransport(vendor)
            key = SecretStr(KEY)
            async with VideoClient(
                base_url=base_url, key=key, transport=transport, resolve=resolve
            ) as client:
                return await question(client)

        return asyncio.run(main())

    return run


@pytest.fixture
def vendor_of() -> type[Vendor]:
    return Vendor


@pytest.fixture
def key() -> str:
    return KEY
