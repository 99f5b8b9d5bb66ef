"""The gallery as a file: what it says, and what it can never do."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from hailuo.gallery import clip_beside, gallery_key, render
from hailuo.gallery.words import STATE_WORDS, bytes_in_words, seconds_in_words
from hailuo.job import JobState
from hailuo.manifest import COLUMNS

BUILT_AT = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
STORED: dict[str, object] = {
    "creative_id": "7KQ2M9X4TD",
    "campaign_name": "sneaker-launch",
    "edition": "main",
    "ad_name": "HV-7KQ2M9X4TD_sneaker-launch_p-street_m23_d06_s768_fnone_t01",
    "prompt_label": "street",
    "prompt": "Sneaker on wet asphalt",
    "prompt_vars": {"surface": "wet asphalt"},
    "model": "MiniMax-Hailuo-2.3",
    "duration_req": 6,
    "size_req": "768p",
    "take": 1,
    "params": {},
    "factors": {"model": "MiniMax-Hailuo-2.3"},
    "is_control": False,
    "state": "stored",
    "attempts": 1,
    "submitted_at": "2026-11-22T16:03:11.000Z",
    "render_s": 96.0,
    "cost_est": Decimal("0.28"),
    "cost_actual": Decimal("0.28"),
    "bytes": 2581477,
}


def make_frame(*changes: Mapping[str, object]) -> pd.DataFrame:
    rows = [{**dict.fromkeys(COLUMNS), **STORED, **change} for change in changes]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def without_clip(state: str, **changes: object) -> dict[str, object]:
    return {"state": state, "cost_actual": None, "render_s": None, "bytes": None, **changes}


class Page(HTMLParser):
    """A page as tags with attributes, and as visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"}:
            self.raw[self._inside] = data
        elif data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


def page_of(frame: pd.DataFrame, **options: object) -> Page:
    content = render(frame, title="Sneaker launch", built_at=BUILT_AT, **options)  # type: ignore[arg-type]
    return Page(content.decode())


def test_a_small_page_reads_so() -> None:
    """Everything a buyer reads, in reading order."""
    frame = make_frame({}, without_clip("unknown", take=2, creative_id="0123456789", first_frame_id="A1"))

    assert page_of(frame).words == snapshot(
        [
            "Sneaker launch · main",
            "Skip to the clips",
            "Sneaker launch",
            "Edition",
            "main",
            "· built 22 November 2026, 17:05 UTC",
            "Spent",
            "$0.28",
            "Held at the vendor",
            "$0.28",
            "Still to buy",
            "$0.00",
            "Models",
            "Hailuo 2.3",
            "Durations",
            "6 s",
            "Sizes",
            "768p",
            "Clip files",
            "2.6 MB",
            "1",
            "stored",
            "1",
            "unknown",
            "Play all in view",
            "job state",
            "all",
            "Stored",
            "Unknown",
            "find",
            "Reset",
            "2 of 2 shown",
            "street",
            "1 of 2 clips",
            "surface",
            "wet asphalt",
            "Sneaker on wet asphalt",
            "Hailuo 2.3",
            "6 s · 768p",
            "Take 1",
            "Stored",
            "rendered in 1 min 36 s",
            "$0.28",
            "charged",
            "7KQ2M9X4TD",
            "Open",
            "Hailuo 2.3",
            "6 s · 768p",
            "Take 2",
            "from",
            "A1",
            "Unknown",
            "Sent, but the answer was lost: it may have been paid; $0.28 is held until it is reconciled.",
            "Unknown",
            "$0.28",
            "held",
            "0123456789",
            "No job matches these filters.",
            "Clips play without sound on hover, on keyboard focus or at a tap. Costs in USD. Times in UTC.",
        ]
    )


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_is_a_visible_tile_with_its_word(state: JobState) -> None:
    """A job without a clip is never missing from the comparison."""
    page = page_of(make_frame({"state": state.value}))

    assert len(page.all("article")) == 1
    assert STATE_WORDS[state.value] in page.words


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (without_clip("new", attempts=0), "Not ordered yet. Nothing was charged."),
        (
            without_clip("new", error_code="1000", error_message="internal error", refunded=True),
            "internal error (1000). The vendor gave the money back. The next run tries again.",
        ),
        (
            without_clip("submitted"),
            "Waited for 1 h 1 min when this page was built. The next run collects it; $0.28 is held till then.",
        ),
        (
            without_clip("in_doubt"),
            "Handed to the vendor moments ago, perhaps by another run. No answer yet; $0.28 is held.",
        ),
        (
            without_clip("unknown", error_message="read timed out"),
            "Sent, but the answer was lost (read timed out): it may have been paid; $0.28 is held "
            "until it is reconciled.",
        ),
        (
            without_clip("unknown", task_id="task_9", error_message="never arrived"),
            "Given up, then the vendor did take it, as task_9; $0.28 is held until it is adopted.",
        ),
        (
            without_clip("unknown", cost_est=None),
            "Sent, but the answer was lost: it may have been paid; its price is held until it is reconciled.",
        ),
        (
            without_clip("refused", error_code="1026", error_message="input refused."),
            "input refused (1026). Nothing was charged.",
        ),
        (
            without_clip("failed", error_code="1027", refunded=False),
            "The vendor gave code 1027 and no reason. The vendor kept the money.",
        ),
        (without_clip("failed"), "No reason is on record. Whether it was charged is not told."),
        (without_clip("paused_by_moon"), "No reason is on record."),
    ],
)
def test_a_tile_without_a_clip_says_why_and_what_became_of_the_money(
    row: dict[str, object], reason: str
) -> None:
    """The question of three in the morning is answered on the tile."""
    assert reason in page_of(make_frame(row)).words


@pytest.mark.parametrize(
    ("row", "amount", "note"),
    [
        ({}, "$0.28", "charged"),
        ({"cost_actual": None}, "$0.28", "by estimate"),
        (without_clip("submitted"), "$0.28", "held"),
        (without_clip("new", attempts=0), "$0.28", "estimated"),
        (without_clip("new", attempts=0, cost_est=None), "no price known", "estimated"),
        (without_clip("refused"), "$0.00", "nothing charged"),
        (without_clip("failed", refunded=True), "$0.00", "nothing charged"),
        (without_clip("failed", refunded=None), "$0.28", "counted as spent"),
    ],
)
def test_a_tile_tells_its_cost_and_how_sure_that_is(row: dict[str, object], amount: str, note: str) -> None:
    """A charge is never mixed up with an estimate."""
    words = page_of(make_frame(row)).words

    assert words[words.index(note, words.index("Take 1")) - 1] == amount


def test_the_head_adds_the_money_up() -> None:
    """Spent, held and still to buy are the plan's own figures."""
    states = [without_clip(state) for state in ("submitted", "unknown", "new", "refused", "failed")]

    words = page_of(make_frame({}, {"cost_actual": None}, *states)).words

    assert words[words.index("Spent") + 1 :][:2] == ["$0.84", "$0.56 of it by estimate"]
    assert words[words.index("Held at the vendor") + 1] == "$0.56"
    assert words[words.index("Still to buy") + 1] == "$0.28"


def test_money_paid_twice_is_spent_and_shown() -> None:
    """What bought nothing is on the bill all the same, on its tile and on top."""
    words = page_of(make_frame({"paid_twice_usd": Decimal("0.30")})).words

    assert words[words.index("Spent") + 1 :][:2] == ["$0.58", "$0.30 of it paid twice"]
    assert "charged + $0.30 paid twice" in words


def test_clips_lie_in_sections_per_prompt_and_cells_per_setting() -> None:
    """What is compared stands side by side: prompts, in them settings with their first frame, in them takes."""
    frame = make_frame(
        {},
        {"take": 2},
        {"duration_req": 10},
        {"prompt": "Sneaker on black stone"},
        {"model": "MiniMax-Hailuo-02"},
        {"first_frame_id": "A1"},
    )

    page = page_of(frame)

    kinds = [attrs["class"] for attrs in page.all("section")]
    assert kinds == ["prompt", "cell", "cell", "cell", "cell", "prompt", "cell"]
    cells = [attrs["aria-label"] for attrs in page.all("section") if attrs["class"] == "cell"]
    assert cells[:4] == [
        "Hailuo 2.3, 6 s · 768p",
        "Hailuo 2.3, 10 s · 768p",
        "Hailuo 02, 6 s · 768p",
        "Hailuo 2.3, 6 s · 768p, first frame A1",
    ]


def test_filters_offer_the_axes_that_vary_and_the_state() -> None:
    """Choosing a level finds exactly the tiles that have it."""
    frame = make_frame(
        {"factors": {"surface": "stone", "state": "Utah"}},
        without_clip("failed", factors={"surface": None, "state": "Ohio"}),
    )

    page = page_of(frame)

    assert [attrs["data-at"] for attrs in page.all("select")] == ["0", "1", "2"]
    assert [attrs["data-f"] for attrs in page.all("article")] == ["0 0 0", "1 1 1"]
    assert [word for word in page.words if word in {"surface", "state", "job state"}][:3] == [
        "surface",
        "state",
        "job state",
    ]


def test_clips_are_linked_beside_the_page() -> None:
    """The edition's folder can be moved, zipped or served: links are relative."""
    page = page_of(make_frame({}))

    video = page.all("video")[0]
    assert (video["src"], video["data-src"]) == ("clips/7KQ2M9X4TD.mp4#t=0.1",) * 2
    assert video["preload"] == "metadata"
    assert {"muted", "loop", "playsinline"} <= set(video)
    assert gallery_key(campaign="cmp", edition="main") == "cmp/main/gallery.html"
    assert clip_beside("7KQ2M9X4TD") == "clips/7KQ2M9X4TD.mp4"


def test_a_link_can_come_from_elsewhere() -> None:
    """Signed links go into a page that is passed on; a clip without one is a tile that says so."""
    links = {"A": "https://bucket.example/a.mp4?sig=1&x=2"}
    frame = make_frame({"creative_id": "A"}, {"creative_id": "B"})

    page = page_of(frame, clip_href=links.get)

    assert [video["src"] for video in page.all("video")] == ["https://bucket.example/a.mp4?sig=1&x=2#t=0.1"]
    assert "Stored, but not reachable from this page." in page.words


def test_only_the_first_clips_are_fetched_at_once() -> None:
    """A page of hundreds of clips must not fetch hundreds of files to open."""
    page = page_of(make_frame(*[{"creative_id": f"{number:010}"} for number in range(30)]))

    assert ["src" in video for video in page.all("video")] == [True] * 12 + [False] * 18


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "=HYPERLINK(1)",
    "{{ 7*7 }}{% raw %}",
    "</style><!--",
    "\u202ereversed\u2028",
]
TEXT_COLUMNS = (
    *("prompt", "prompt_label", "model", "size_req", "first_frame_id", "creative_id", "error_message"),
    *("error_code", "campaign_name", "edition", "ad_name", "state"),
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("state", ["stored", "failed"])
def test_no_text_becomes_markup(text: str, state: str) -> None:
    """Prompts and vendor messages are other people's words: they are shown, never obeyed."""
    tame = page_of(make_frame({**dict.fromkeys(TEXT_COLUMNS, "tame"), "state": state}))

    wild = page_of(make_frame({**dict.fromkeys(TEXT_COLUMNS, text), "state": state}))

    assert [tag for tag, _ in wild.tags] == [tag for tag, _ in tame.tags]
    assert [set(attrs) for _, attrs in wild.tags] == [set(attrs) for _, attrs in tame.tags]
    assert any(" ".join(text.split()) in word for word in wild.words)


@given(text=st.text(max_size=400))
def test_a_prompt_of_any_text_is_one_section(text: str) -> None:
    """No prompt changes the page's structure, however long or odd."""
    page = page_of(make_frame({"prompt": text.encode(errors="replace").decode()}))

    assert [attrs["class"] for attrs in page.all("section")] == ["prompt", "cell"]


def policy_of(page: Page) -> dict[str, str]:
    content = next(attrs["content"] for attrs in page.all("meta") if "http-equiv" in attrs)
    assert content
    return dict(directive.split(" ", 1) for directive in content.split("; "))


def test_the_policy_allows_exactly_this_script_and_this_style() -> None:
    """Whatever slipped in would not run: the hashes are those of the content."""
    page = page_of(make_frame({}))

    policy = policy_of(page)

    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind].encode()).digest()).decode()
        assert policy[f"{kind}-src"] == f"'sha256-{digest}'"
    assert (policy["default-src"], policy["base-uri"], policy["form-action"]) == ("'none'",) * 3


def test_the_page_is_complete_in_itself() -> None:
    """No font, script, style or picture from anywhere; no inline handler or style that the policy would block."""
    page = page_of(make_frame({}, without_clip("failed")))

    links = [value for _, attrs in page.tags for name, value in attrs.items() if name in {"src", "href"}]
    assert links == ["data:,", "#clips", "clips/7KQ2M9X4TD.mp4#t=0.1", "clips/7KQ2M9X4TD.mp4"]
    names = {name for _, attrs in page.tags for name in attrs}
    assert not {name for name in names if name.startswith("on") or name == "style"}
    assert not re.search(r"https?://|@import|url\(", page.raw["script"] + page.raw["style"])


def test_the_script_stays_small() -> None:
    """A page that anyone may audit in a minute."""
    assert page_of(make_frame({})).raw["script"].count("\n") <= 120


def test_everything_that_can_be_pressed_has_a_name() -> None:
    """A screen reader can tell one clip from the next."""
    page = page_of(make_frame({}, {"take": 2, "first_frame_id": "A1"}))

    names = [attrs["aria-label"] for attrs in page.all("button") if attrs.get("class") == "media"]

    assert names == [
        "Play street, Hailuo 2.3, 6 seconds, 768p, take 1",
        "Play street, Hailuo 2.3, 6 seconds, 768p, take 2, first frame A1",
    ]


def test_prompts_of_one_label_are_told_apart_by_what_fills_them() -> None:
    """The name of a section is its label and the values of its template."""
    page = page_of(make_frame({}, {"prompt": "Sneaker", "prompt_vars": {}}))

    names = [attrs["aria-labelledby"] for attrs in page.all("section") if attrs["class"] == "prompt"]

    assert names == ["p1 v1", "p2"]
    assert {"p1", "v1", "p2"} <= {attrs.get("id") for _, attrs in page.tags}


def test_a_long_prompt_is_cut_and_whole_on_demand() -> None:
    """2,000 characters do not push the clips out of sight, and none of them is lost."""
    prompt = "Sneaker, " * 220

    page = page_of(make_frame({"prompt": prompt}))

    assert page.all("details")
    assert prompt.strip() in page.words


def test_the_time_of_building_is_told_in_utc() -> None:
    """Whatever zone the machine is in, the page says UTC and means it."""
    tokyo = BUILT_AT.astimezone(timezone(timedelta(hours=9)))

    content = render(make_frame({}), title="Sneaker launch", built_at=tokyo)

    assert "built 22 November 2026, 17:05 UTC" in content.decode()


def test_text_that_is_no_unicode_does_not_stop_the_page() -> None:
    """Half a surrogate pair, as a shell may hand over, is shown as an escape."""
    page = page_of(make_frame(without_clip("failed", error_message="broken \udc80")))

    assert any("broken \\udc80" in word for word in page.words)


def test_each_text_of_others_is_kept_to_its_own_direction() -> None:
    """A prompt that turns writing around turns around nothing but itself."""
    page = page_of(make_frame({"prompt": "\u202e" + "long " * 100, "first_frame_id": "\u202eA1"}))

    isolated = [tag for tag, attrs in page.tags if tag == "bdi" or attrs.get("dir") == "auto"]
    assert isolated == ["h1", "bdi", "h2", "bdi", "bdi", "p", "bdi"]


def test_an_edition_without_jobs_is_a_page_too() -> None:
    """An empty plan is answered, not crashed on."""
    assert "This edition has no jobs yet." in page_of(make_frame()).words


def test_two_thousand_jobs_make_a_page_of_a_few_megabytes() -> None:
    """The largest usual edition stays one file that a browser opens at once."""
    rows = [
        {"creative_id": f"{number:010}", "prompt": f"{'A long prompt. ' * 20}{number // 8}"}
        for number in range(2000)
    ]

    content = render(make_frame(*rows), title="Many", built_at=BUILT_AT)

    assert len(content) < 5_000_000
    assert content.count(b"<video ") == 2000


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.6, "1 min"),
        (96, "1 min 36 s"),
        (3600, "1 h"),
        (4871, "1 h 21 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_durations_are_told_in_two_units(seconds: float, words: str) -> None:
    """Nobody converts seconds in their head."""
    assert seconds_in_words(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0.0 MB"), (2581477, "2.6 MB"), (5_120_000_000, "5.1 GB")])
def test_file_sizes_are_told_in_megabytes(count: int, words: str) -> None:
    """As file managers say them."""
    assert bytes_in_words(count) == words
