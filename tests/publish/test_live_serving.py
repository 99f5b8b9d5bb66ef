"""A served gallery: judgements come in from its own page only, and from nobody without the token."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from hailuo.publish.live import LiveJudgements
from hailuo.publish.live_serving import Address, app_of, serving_live
from hailuo.publish.picks import said_of
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import VirtualClock
from tests.publish.gallery.editions import JOBS, apart, keep_edition

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

EDITION = Edition("shoe", "main")
TOKEN = "a-token-that-nobody-guesses"
AROUND = (
    "/clips/%2e%2e/plan.json",
    "/clips/x/%2e%2e/%2e%2e/plan.json",
    "//plan.json",
    "/clips/..%2fplan.json",
)
FIRST, SECOND = (job.creative_id for job in JOBS[:2])


def judgement(creative_id: str = FIRST, **changes: object) -> dict[str, object]:
    at = "2026-11-22T12:00:00Z"
    return {"creative_id": creative_id, "pick": "pick", "reviewer": "Ana", "reviewed_at": at, **changes}


def sent(*judgements: Mapping[str, object], source: str = "a", **changes: object) -> str:
    names = {"campaign": "shoe", "edition": "main", "reviewer": "Ana", "source": source}
    return json.dumps({"schema": "hailuo.judgements/1.0", **names, "judgements": judgements, **changes})


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "store")
    apart(keep_edition(store, tmp_path))
    (tmp_path / "store/shoe/main/gallery.html").write_text("<!doctype html>")
    return store


@pytest.fixture
def live(store: FolderStore) -> LiveJudgements:
    return LiveJudgements(store, EDITION, clock=VirtualClock())


@pytest.fixture
def page(store: FolderStore, live: LiveJudgements) -> Iterator[httpx.Client]:
    """A browser at the page, with the cookie that the address gave it."""
    folder = Path(store.uri, "shoe/main")
    with (
        serving_live(folder, at=Address(token=TOKEN), judgements=live) as address,
        httpx.Client() as client,
    ):
        client.base_url = httpx.URL(address).copy_with(path="/", query=None)
        client.headers["Origin"] = str(client.base_url).rstrip("/")
        assert client.get(address).status_code == 200
        yield client


def merged(client: httpx.Client) -> list[Any]:
    found: list[Any] = client.get("/judgements").json()["judgements"]
    return found


def test_what_one_sends_all_have(page: httpx.Client, store: FolderStore) -> None:
    """In the store by the format of files; the newest of a person on a clip counts, also if it comes late."""
    newer = judgement(pick="reject", reviewed_at="2026-11-22T13:00:00Z")

    assert page.put("/judgements", content=sent(newer)).status_code == 204
    assert page.put("/judgements", content=sent(judgement(), judgement(SECOND))).status_code == 204

    assert {one["creative_id"]: one["pick"] for one in merged(page)} == {FIRST: "reject", SECOND: "pick"}
    kept = apart(said_of(store, EDITION)).judgements
    assert {creative_id: given[0].pick.value for creative_id, given in kept.items()} == {
        FIRST: "reject",
        SECOND: "pick",
    }


def test_nothing_new_is_said_in_few_words(page: httpx.Client) -> None:
    """A page asks every two seconds."""
    page.put("/judgements", content=sent(judgement()))
    first = page.get("/judgements")
    version = first.headers["judgements-version"]

    again = page.get("/judgements", params={"seen": version})
    page.put("/judgements", content=sent(judgement(SECOND)))

    assert (again.status_code, again.content) == (204, b"")
    assert page.get("/judgements", params={"seen": version}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "cookies", "status"),
    [
        ({"Origin": "http://evil.example"}, True, 403),
        ({"Origin": "http://127.0.0.1:1"}, True, 403),  # a page of another server on this machine
        ({"Origin": "null"}, True, 403),
        ({"Origin": ""}, True, 403),
        ({}, False, 401),
        ({"Host": "evil.example"}, True, 400),
    ],
)
def test_other_pages_and_people_cannot_judge(
    page: httpx.Client, *, headers: dict[str, str], cookies: bool, status: int
) -> None:
    """Whatever they send; the browser's cookie alone is not enough."""
    if not cookies:
        page.cookies.clear()

    answer = page.put("/judgements", content=sent(judgement()), headers=headers)

    assert answer.status_code == status
    assert page.get("/judgements", params={"token": TOKEN}).json()["judgements"] == []


@pytest.mark.parametrize("token", ["", "wrong", f"{TOKEN}x", "ä"])
def test_a_wrong_token_opens_nothing(page: httpx.Client, token: str) -> None:
    """Neither in the address nor as a cookie."""
    page.cookies.clear()

    answer = page.get("/judgements", params={"token": token})

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        ("{", 400, "the file"),
        (sent(judgement("0000000000")), 400, "no creative of the edition is called 0000000000"),
        (sent(judgement(), edition="other"), 400, "judges shoe/other"),
        (sent(judgement(reviewed_at="2030-01-01T00:00:00Z")), 400, "which is to come"),
        (sent(judgement(), source="b"), 409, "also by Ana"),
    ],
)
def test_what_cannot_be_meant_is_refused(page: httpx.Client, content: str, status: int, reason: str) -> None:
    """With the reason; nothing of it is kept. An equal name may be one person's: then it is taken in."""
    page.put("/judgements", content=sent(judgement(SECOND)))

    answer = page.put("/judgements", content=content)

    assert answer.status_code == status
    assert reason in " ".join(answer.json()["problems"])
    assert [one["creative_id"] for one in merged(page)] == [SECOND]
    again = page.put("/judgements", params={"same": "yes"}, content=content)
    assert again.status_code == (204 if status == 409 else 400)


def test_too_much_is_refused(page: httpx.Client) -> None:
    """Before it fills the memory."""
    assert page.put("/judgements", content=b" " * 4_000_001).status_code == 413


@pytest.mark.parametrize("path", ["/gallery.html", "/clip", "/plan.json", "/judgements"])
def test_another_host_serves_nothing_without_the_token(
    store: FolderStore, live: LiveJudgements, path: str
) -> None:
    """Neither a clip nor the page."""
    assert statuses(store, live, path, token="")[path] == 401


def test_another_host_serves_the_page_and_what_it_loads(store: FolderStore, live: LiveJudgements) -> None:
    """No ledger, no exports, no plan; and under its own name only."""
    clip = f"/clips/{FIRST}.mp4"

    found = statuses(
        store, live, "/gallery.html", clip, "/judgements", "/plan.json", "/ledger/", "/judgements/a", *AROUND
    )

    assert found == {
        **dict.fromkeys(("/gallery.html", clip, "/judgements"), 200),
        **dict.fromkeys(("/plan.json", "/ledger/", "/judgements/a", *AROUND), 404),
    }
    assert statuses(store, live, "/gallery.html", name="127.0.0.1") == {"/gallery.html": 400}


def statuses(
    store: FolderStore, live: LiveJudgements, *paths: str, token: str = TOKEN, name: str = "studio.local"
) -> dict[str, int]:
    """What a server under the name studio.local answers."""
    at = Address(host="studio.local", token=TOKEN)
    app = app_of(Path(store.uri, "shoe/main"), at=at, cookie="hailuo-1", judgements=live)

    async def asked() -> dict[str, int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as client:
            await client.get("/gallery.html", params={"token": token})
            return {path: (await client.get(path)).status_code for path in paths}

    return apart(asked())
