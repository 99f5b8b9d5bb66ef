"""The key is shown to the API and to nobody else; see SECURITY.md."""

import asyncio
import io
import logging
import pprint
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from rich.console import Console
from rich.traceback import Traceback

from hailuo.vendor import Fault, VideoClient
from tests.security.conftest import KEY, SIGNATURE

API = "https://api.imarouter.com"
CLIP = b"\x00\x00\x00\x14ftypisom" + b"\x00" * 8 + (20_008).to_bytes(4) + b"mdat" + b"\x07" * 20_000

QUESTIONS: dict[str, Callable[[VideoClient, Path], Coroutine[Any, Any, Any]]] = {
    "submit": lambda client, _: client.submit({"prompt": "x"}),
    "status": lambda client, _: client.status("task_1"),
    "balance": lambda client, _: client.balance(),
    "download": lambda client, to: client.download(f"{API}/v1/videos/task_1/content?sig={SIGNATURE}", to),
}
Answer = Callable[[httpx.Request], httpx.Response]


def ask(answer: Answer, question: Callable[[VideoClient], Coroutine[Any, Any, Any]], **more: Any) -> Any:
    async def main() -> Any:
        transport = httpx.MockTransport(answer)
        async with VideoClient(base_url=API, key=SecretStr(KEY), transport=transport, **more) as client:
            return await question(client)

    return asyncio.run(main())


@pytest.mark.slow
@pytest.mark.enable_socket
def test_no_log_holds_the_key_or_a_signature(rehearsal, campaign, hailuo, caplog):
    """The key is in no log, of no library, at no level; neither is the signature of a clip's URL."""
    caplog.set_level(logging.DEBUG)

    said = hailuo("run", campaign, "--yes")

    names = {record.name.partition(".")[0] for record in caplog.records}
    assert said.code == 0
    assert {"hailuo", "httpx", "httpcore"} <= names
    assert "?***" in caplog.text
    assert KEY not in caplog.text
    assert "sig=" not in caplog.text


def test_no_header_of_an_answer_brings_a_secret_into_the_logs(caplog):
    """httpcore writes down the headers of answers, so a redirect's signature, or an echoed key, would be there."""
    caplog.set_level(logging.DEBUG, logger="httpcore.http11")
    location = f"(b'Location', b'https://cdn.example/a.mp4?X-Amz-Signature={SIGNATURE}'), (b'X', b'{KEY}')"

    def answer(request: httpx.Request) -> httpx.Response:
        logging.getLogger("httpcore.http11").debug("receive_response_headers.complete %s", location)  # noqa: TID251 (as any other program)
        return httpx.Response(404)

    ask(answer, lambda client: client.balance())

    assert "cdn.example/a.mp4?***" in caplog.text
    assert SIGNATURE not in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11"])
def test_a_closed_client_leaves_the_logs_of_others_alone(name):
    """What other parts of this process log through httpx is theirs again afterwards."""
    logger = logging.getLogger(name)  # noqa: TID251 (as any other program)
    before, during = list(logger.filters), []

    def answer(_: httpx.Request) -> httpx.Response:
        during.extend(logger.filters)
        return httpx.Response(404)

    ask(answer, lambda client: client.balance())

    assert len(during) == len(before) + 1
    assert logger.filters == before


class Defective(httpx.Headers):
    """Headers that fail whoever reads them through, as a defect in our own reading would."""

    def items(self) -> Any:
        raise RuntimeError("a defect")


def below_us(_: httpx.Request) -> httpx.Response:
    raise RuntimeError("a defect")


def in_our_reading(_: httpx.Request) -> httpx.Response:
    answer = httpx.Response(400, content=b'{"code": "no"}')
    answer.headers = Defective(answer.headers)
    return answer


@pytest.mark.parametrize("defect", [below_us, in_our_reading])
@pytest.mark.parametrize("name", ["submit", "status", "balance"])
def test_no_traceback_holds_the_key_even_with_local_variables(name, defect, tmp_path):
    """A defect may be printed with the values of every frame: the key is in none, below us or where answers are read."""
    with pytest.raises(RuntimeError, match="a defect") as caught:
        ask(defect, lambda client: QUESTIONS[name](client, tmp_path))

    shown = with_local_variables(caught.value)
    assert "hailuo/vendor/client.py" in shown
    assert "self = <hailuo.vendor.client.VideoClient" in shown
    assert KEY not in shown


def test_no_traceback_of_a_download_holds_the_key(tmp_path):
    """Nor while a clip is asked for at the API's own host, the only one that is shown the key."""
    with pytest.raises(RuntimeError, match="a defect") as caught:
        ask(below_us, lambda client: QUESTIONS["download"](client, tmp_path / "clip.part"))

    shown = with_local_variables(caught.value)
    assert "hailuo/vendor/download.py" in shown
    assert KEY not in shown


def with_local_variables(error: BaseException) -> str:
    """The traceback as the two tools print it that show values: rich and the standard library."""
    shown = io.StringIO()
    rich = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
    Console(file=shown, width=10_000).print(rich)
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    return shown.getvalue() + "".join(plain.format())


def test_no_traceback_of_a_refused_key_holds_it():
    """A key that cannot be used is refused without being shown, with the values of every frame."""
    bad = f"{KEY} with spaces"
    with pytest.raises(ValueError, match="API key") as caught:
        VideoClient(base_url=API, key=SecretStr(bad))

    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [frame for frame in frames if frame.name != "test_no_traceback_of_a_refused_key_holds_it"]
    assert ours
    assert KEY not in str([frame.locals for frame in ours])


def test_no_object_shows_the_key():
    """Client, its parts and the settings can be printed, and taken apart, without the key."""
    client = VideoClient(base_url=API, key=SecretStr(KEY), transport=httpx.MockTransport(lambda _: None))  # type: ignore[arg-type]

    parts = [
        client,
        client._submits,
        client._reads,
        client._downloads,
        client._downloader,
        client._log_filter,
    ]
    shown = "\n".join(f"{part!r} {pprint.pformat(vars(part))}" for part in parts)

    asyncio.run(client.aclose())
    assert "[secure]" in shown
    assert KEY not in shown


@pytest.mark.slow
@pytest.mark.enable_socket
def test_what_the_vendor_echoes_is_kept_without_the_key(
    echoing, parrot, campaign, hailuo, left_behind, caplog
):
    """A vendor that repeats the key, or a signed URL, in its errors gets neither onto a screen nor into the store.

    Neither into logs, ledger, plan, manifest or gallery; whatever the case it is written in.
    """
    caplog.set_level(logging.DEBUG)

    ran, status = hailuo("run", campaign, "--yes"), hailuo("status", campaign)
    as_json = hailuo("run", campaign, "--yes", "--json")

    everything = left_behind(ran, status, as_json) + caplog.text
    assert len(parrot.posts) == 3
    for part in ("failed", "outcome", "doubt", "end", "plan.json", "manifest.csv", "gallery.html"):
        assert part in everything
    assert "https://bucket.example/frame.png?***" in everything
    assert KEY.lower() not in everything.lower()
    assert SIGNATURE not in everything


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ["submit", "status", "balance"])
def test_the_key_follows_no_redirect(name, status, tmp_path):
    """Submit, status and balance never leave for another address: a redirect is an answer, and the wrong one."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, headers={"Location": "https://evil.example/v1/videos"})

    outcome = ask(answer, lambda client: QUESTIONS[name](client, tmp_path))

    assert isinstance(outcome, Fault)
    assert [str(request.url.host) for request in asked] == ["api.imarouter.com"]


LOOKALIKES = [
    "https://api.imarouter.com:8443/a.mp4",
    "http://api.imarouter.com/a.mp4",
    "http://api.imarouter.com:443/a.mp4",
    "https://api.imarouter.com./a.mp4",
    "https://api.imarouter.com.evil.example/a.mp4",
    "https://api-imarouter.com/a.mp4",
    "https://ap\u0131.imarouter.com/a.mp4",
    "https://\uff21\uff30\uff29.imarouter.com/a.mp4",
    "https://xn--api-.imarouter.com/a.mp4",
    "https://api%2eimarouter.com/a.mp4",
    "https://api.imarouter.com%00.evil.example/a.mp4",
    "https://api.imarouter.com@evil.example/a.mp4",
    "https://evil.example\\@api.imarouter.com/a.mp4",
    "https://evil.example/https://api.imarouter.com/a.mp4",
    "//evil.example/a.mp4",
]


@pytest.mark.parametrize("by_redirect", [False, True], ids=["named", "redirected"])
@pytest.mark.parametrize("url", LOOKALIKES)
def test_the_key_goes_to_no_host_that_only_looks_like_the_api(url, by_redirect, tmp_path):
    """Another port or scheme, a dot more, a letter alike, a name before the @: not the API, so no key.

    Whatever such a URL does, it ends in a value: never in an exception that would end the run.
    """
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if by_redirect and len(asked) == 1:
            return httpx.Response(302, headers=[(b"Location", url.encode())])
        return httpx.Response(200, content=CLIP)

    first = f"{API}/v1/videos/task_1/content" if by_redirect else url
    ask(answer, lambda client: client.download(first, tmp_path / "clip.part"))

    strangers = asked[1:] if by_redirect else asked
    assert all("Authorization" not in request.headers for request in strangers)
    assert all(KEY not in str(request.headers.raw) + str(request.url) for request in strangers)


@pytest.mark.parametrize("url", [f"{API}/a.mp4", "https://API.ImaRouter.com:443/a.mp4"])
def test_the_api_itself_is_known_in_any_spelling(url, tmp_path):
    """Upper case and the port written out are the API itself: it serves clips to whoever shows the key."""
    shown: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        shown.append(request.headers.get("Authorization"))
        return httpx.Response(200, content=CLIP)

    ask(answer, lambda client: client.download(url, tmp_path / "clip.part"))

    assert shown == [f"Bearer {KEY}"]
