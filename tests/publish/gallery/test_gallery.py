"""The gallery as a file: what it says, and what it can never do."""

import base64
import hashlib
import re
from datetime import timedelta, timezone
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.ledger.facts import JobState
from hailuo.publish.embed import choose_previews, data_uris
from hailuo.publish.gallery import (
    Links,
    clip_beside,
    copy_beside,
    inside,
    preview_beside,
    reached,
    render,
)
from hailuo.publish.gallery.words import bytes_in_words, seconds_in_words, word_changes
from hailuo.store.layout import Edition
from tests.publish.gallery.pages import BUILT_AT, Page, make_frame, page_of, without_clip


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_is_a_job_of_the_page_with_its_word(state: JobState) -> None:
    """A job without a clip is never missing from the comparison, with or without the script."""
    page = page_of(make_frame({"state": state.value}))

    [job] = page.jobs
    assert job["stateWord"] == state.words.capitalize()
    assert any(word.startswith(state.words.capitalize()) for word in page.words)


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
            "Waited for 1 h 1 min when this page was built. The next run collects it; $0.28 is reserved until then.",
        ),
        (
            without_clip("in_doubt"),
            "Handed to the vendor moments ago, perhaps by another run. No answer yet; $0.28 is reserved.",
        ),
        (
            without_clip("unknown", error_message="read timed out"),
            "Sent, but the answer was lost (read timed out): it may have been paid; $0.28 is reserved "
            "until it is reconciled.",
        ),
        (
            without_clip("unknown", task_id="task_9", error_message="never arrived"),
            "Given up, then the vendor did take it, as task_9; $0.28 is reserved until it is adopted.",
        ),
        (
            without_clip("unknown"),
            "Sent, but the answer was lost: it may have been paid; $0.28 is reserved until it is reconciled.",
        ),
        (
            without_clip("refused", error_code="1026", error_message="input refused."),
            "input refused (1026). Nothing was charged.",
        ),
        (
            without_clip("failed", error_code="1027", refunded=False),
            "The vendor gave code 1027 and no reason. The vendor kept the money.",
        ),
        (without_clip("failed"), "No reason is on record. The vendor did not say whether it was charged."),
        (without_clip("paused_by_moon"), "No reason is on record."),
    ],
)
def test_a_job_without_a_clip_says_why_and_what_became_of_the_money(
    row: dict[str, object], reason: str
) -> None:
    """The question of three in the morning is answered on the tile, and in the plain list."""
    page = page_of(make_frame(row))

    assert page.jobs[0]["why"] == reason
    assert reason in page.words


@pytest.mark.parametrize(
    ("row", "amount", "note"),
    [
        ({}, "$0.28", "charged"),
        ({"cost_actual": None}, "$0.28", "by estimate"),
        (without_clip("submitted"), "$0.28", "reserved"),
        (without_clip("new", attempts=0), "$0.28", "estimated"),
        (without_clip("new", attempts=0, to_buy_usd=None), "no price known", "estimated"),
        (without_clip("refused"), "$0.00", "nothing charged"),
        (without_clip("failed", refunded=True, lost_usd=None), "$0.00", "nothing charged"),
        (without_clip("failed", refunded=None), "$0.28", "counted as spent"),
        ({"paid_twice_usd": Decimal("0.30")}, "$0.28", "charged + $0.30 paid twice"),
        (
            {"cost_actual": None, "spent_usd": Decimal("0.88"), "lost_usd": Decimal("0.60")},
            *("$0.28", "by estimate + $0.60 lost"),
        ),
    ],
)
def test_a_job_tells_its_cost_and_how_sure_that_is(row: dict[str, object], amount: str, note: str) -> None:
    """A charge is never mixed up with an estimate."""
    [job] = page_of(make_frame(row)).jobs

    assert (job["cost"], job["costNote"]) == (amount, note)


def test_the_head_adds_the_money_up() -> None:
    """Spent, reserved and still to buy are the plan's own figures."""
    states = [without_clip(state) for state in ("submitted", "unknown", "new", "refused", "failed")]

    words = page_of(make_frame({}, {"cost_actual": None, "assumed_usd": Decimal("0.28")}, *states)).words

    assert words[words.index("Spent") + 1 :][:2] == ["$0.84", "$0.56 of it by estimate"]
    assert words[words.index("Reserved at the vendor") + 1] == "$0.56"
    assert words[words.index("Still to buy") + 1] == "$0.28"


def test_a_job_without_a_price_is_counted_beside_the_sum() -> None:
    """An unknown price is no price of 0."""
    words = page_of(make_frame(without_clip("new"), without_clip("new", to_buy_usd=None))).words

    assert words[words.index("Still to buy") + 1 :][:2] == ["$0.28", "and 1 without a known price"]


def test_the_facets_are_the_axes_with_their_levels_as_they_appear() -> None:
    """Choosing a level finds exactly the jobs that have it."""
    rows: list[dict[str, object]] = [
        {"factors": {"surface": "stone", "state": "Utah"}},
        {"factors": {"surface": None, "state": "Ohio"}},
    ]

    page = page_of(make_frame(*rows))

    assert [(facet["axis"], facet["levels"]) for facet in page.data["facets"]] == [
        ("surface", [["stone", "stone"], ["", "none"]]),
        ("state", [["Utah", "Utah"], ["Ohio", "Ohio"]]),
    ]
    assert [job["levels"]["surface"] for job in page.jobs] == ["stone", ""]


def test_columns_are_what_tells_jobs_apart() -> None:
    """What all jobs have in common is no column; what one has and another lacks is."""
    page = page_of(
        make_frame(
            {"render_s": 90.5, "width": 1366},
            {"render_s": 96, "width": 1366, "sharpness_lapvar": 9.7},
            {"sharpness_lapvar": 8.1},
        )
    )

    names = [column["name"] for column in page.data["columns"]]

    assert {"render_s", "sharpness_lapvar", "model", "take"} <= set(names)
    assert not {"width", "prompt", "sha256", "campaign_name"} & set(names)
    assert page.jobs[0]["values"][names.index("render_s")] == 90.5


def test_a_prompt_is_told_once_and_with_its_way_from_the_control_s() -> None:
    """The words that differ are the experiment."""
    frame = make_frame(
        {"is_control": True},
        {"prompt": "Sneaker on black stone"},
        {"prompt": "Sneaker on black stone", "take": 2},
    )

    control, other = page_of(frame).data["prompts"]

    assert control["changes"] == []
    assert other["changes"] == [
        ["same", "Sneaker on"],
        ["removed", " wet asphalt"],
        ["added", " black stone"],
    ]


WORDS = st.lists(st.sampled_from(["soft", "haze", "[Pan right]", "a", " ", "\n"]), max_size=12).map(" ".join)


@given(before=WORDS, after=WORDS)
def test_changes_make_up_both_prompts(before: str, after: str) -> None:
    """No word is lost between the control's prompt and the other one."""
    changes = word_changes(before, after)

    if changes:
        assert "".join(words for kind, words in changes if kind != "removed") == after
        assert "".join(words for kind, words in changes if kind != "added") == before


def test_prompts_with_little_in_common_are_not_marked() -> None:
    """Two prompts of different making would be one wall of colour."""
    assert word_changes("Sneaker on stone, slow orbit", "A bottle rises out of dark water") == []


def test_checks_and_placements_are_told_in_words() -> None:
    """The codes of the manifest become what a buyer says."""
    checks = {
        "qa_verdict": "warn",
        "qa_flags": ["no_audio", "landscape"],
        "placements": {
            "tiktok_infeed": {"verdict": "fail", "reasons": ["no_audio"]},
            "youtube_non_skippable": {"verdict": "pass", "reasons": []},
            "meta_reels": "warn",
        },
    }

    [job] = page_of(make_frame(checks)).jobs

    assert job["quality"] == {"verdict": "warn", "said": "Look closer", "reasons": ["no audio", "landscape"]}
    assert [(p["said"], p["verdict"], p["reasons"]) for p in job["placements"]] == [
        ("TikTok in-feed", "fail", ["no audio"]),
        ("YouTube non-skippable", "pass", []),
        ("Meta reels", "warn", []),
    ]


def test_clips_that_were_never_checked_have_no_badge() -> None:
    """Silence is not a pass."""
    [job] = page_of(make_frame({})).jobs

    assert (job["quality"], job["placements"], job["poster"], job["judgements"]) == (None, [], None, [])


COPY: dict[str, object] = {
    "creative_id": "C0PY",
    "derived_from": "7KQ2M9X4TD",
    "derivation": "conform/1 1080x1920 fit=blur audio=silent",
    "s3_uri": "s3://b/cmp/main/conformed/7KQ2M9X4TD-tiktok_infeed.mp4",
    "width": 1080,
    "height": 1920,
    "placements": {"tiktok_infeed": {"verdict": "warn", "reasons": ["silent_audio"]}},
    "cost_actual": None,
    "cost_est": None,
    "spent_usd": None,
    "bytes": None,
    "attempts": 0,
}


def test_a_conformed_copy_is_told_on_its_original() -> None:
    """What it is for, whether it may run there, and where it lies; it is not compared with the clip it was made of."""
    [job] = page_of(make_frame({}, COPY)).jobs

    assert job["copies"] == [
        {
            "id": "C0PY",
            "version": "",
            "said": "TikTok in-feed",
            "verdict": "warn",
            "reasons": ["silent audio"],
            "size": "1080x1920",
            "href": "conformed/7KQ2M9X4TD-tiktok_infeed.mp4",
        }
    ]


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("cmp/main/conformed/7KQ2M9X4TD-9x16.mp4", "9:16"),
        ("cmp/main/conformed/7KQ2M9X4TD-youtube_bumper.mp4", "YouTube bumper"),
        ("elsewhere/of-another-name.mp4", COPY["derivation"]),
        (None, COPY["derivation"]),
    ],
)
def test_a_copy_is_told_by_what_it_was_made_for(uri: str | None, said: str) -> None:
    """A placement or a shape, in words; where that is not known, how it was made."""
    [job] = page_of(make_frame({}, {**COPY, "s3_uri": uri, "placements": None})).jobs

    assert [(copy["said"], copy["verdict"]) for copy in job["copies"]] == [(said, None)]


def test_copies_change_no_count_and_no_sum() -> None:
    """The head of the page tells of jobs, with copies as without."""
    alone = page_of(make_frame({}))
    beside = page_of(make_frame({}, COPY, {**COPY, "creative_id": "D"}))

    head = slice(0, alone.words.index("Still to buy") + 2)
    assert beside.words[head] == alone.words[head]
    assert beside.data["prompts"] == alone.data["prompts"]
    assert beside.data["columns"] == alone.data["columns"]


def test_judgements_of_the_manifest_are_shown() -> None:
    """What was picked last week is not picked again; it says by whom."""
    [job] = page_of(make_frame({"pick": "finalist", "rating": 4, "tags": ["hero"], "reviewer": "Ana"})).jobs

    [ana] = job["judgements"]
    assert (ana["pick"], ana["rating"], ana["tags"], ana["reviewer"]) == ("finalist", 4, ["hero"], "Ana")


@pytest.mark.parametrize("missing", ["qa_verdict", "placements", "poster_uri", "pick", "derived_from", "fps"])
def test_a_manifest_without_a_later_column_is_a_page_too(missing: str) -> None:
    """Older manifests stay readable."""
    assert page_of(make_frame({}).drop(columns=missing)).jobs[0]["id"] == "7KQ2M9X4TD"


def test_links_are_beside_the_page() -> None:
    """The edition's folder can be moved, zipped or served: links are relative."""
    uris = {
        "poster_uri": "s3://b/cmp/main/previews/7KQ-poster.webp",
        "proxy_uri": "cmp/main/previews/7KQ-proxy.mp4",
    }

    [job] = page_of(make_frame(uris)).jobs

    assert (job["clip"], job["poster"], job["proxy"]) == (
        "clips/7KQ2M9X4TD.mp4",
        "previews/7KQ-poster.webp",
        "previews/7KQ-proxy.mp4",
    )
    assert Edition("cmp", "main").gallery == "cmp/main/gallery.html"
    assert (clip_beside("A"), preview_beside("x/previews/A.webp")) == ("clips/A.mp4", "previews/A.webp")
    assert copy_beside("s3://b/x/conformed/A-1x1.mp4") == "conformed/A-1x1.mp4"


def test_signed_links_reach_clips_previews_and_copies_alike() -> None:
    """Whoever has the page sees all of it: each place beside the page is signed, and none is left as it was."""
    signed = reached(lambda place: f"https://b.example/{place}?sig")

    [job] = page_of(make_frame({"poster_uri": "x/previews/P.webp"}, COPY), links=signed).jobs

    assert (job["clip"], job["poster"], job["copies"][0]["href"]) == (
        "https://b.example/clips/7KQ2M9X4TD.mp4?sig",
        "https://b.example/previews/P.webp?sig",
        "https://b.example/conformed/7KQ2M9X4TD-tiktok_infeed.mp4?sig",
    )


def test_a_page_that_travels_alone_has_no_link_to_a_copy() -> None:
    """It is told all the same."""
    [job] = page_of(make_frame({}, COPY), links=inside(lambda _: None)).jobs

    assert [(copy["said"], copy["href"]) for copy in job["copies"]] == [("TikTok in-feed", None)]


@pytest.mark.slow
@given(
    sizes=st.dictionaries(
        st.from_regex(r"[A-D]-(poster\.webp|proxy\.mp4)", fullmatch=True), st.integers(0, 50)
    )
)
def test_previews_in_a_page_never_exceed_the_limit(sizes: dict[str, int]) -> None:
    """Nothing that fits is left out, nothing goes in twice, and no clip goes in before every picture had its turn."""
    chosen = choose_previews(sizes, limit_bytes=80)

    room = 80 - sum(sizes[name] for name in chosen)
    kinds = [name.endswith(".mp4") for name in chosen]
    assert room >= 0
    assert len(chosen) == len(set(chosen))
    assert kinds == sorted(kinds)
    assert all(sizes[name] > room for name in sizes if name not in chosen)


def test_a_link_can_come_from_elsewhere_and_the_page_says_until_when() -> None:
    """Signed links go into a page that is passed on; a clip without one says so."""
    links = {"A": "https://bucket.example/a.mp4?sig=1&x=2"}
    frame = make_frame({"creative_id": "A"}, {"creative_id": "B"})

    page = page_of(frame, links=Links(clip=links.get), clips_until=BUILT_AT + timedelta(days=3))

    assert [job["clip"] for job in page.jobs] == ["https://bucket.example/a.mp4?sig=1&x=2", None]
    assert "https://bucket.example/a.mp4?sig=1&x=2" in [attrs.get("href") for attrs in page.all("a")]
    assert page.jobs[1]["why"] == "Stored, but not reachable from this page."
    assert "clips open until 25 November 2026, 17:05 UTC" in page.words


def test_an_embedded_page_carries_its_previews() -> None:
    """One file to mail: proxies play from inside it."""
    embedded = data_uris({"A-proxy.mp4": b"p" * 60, "A-poster.webp": b"w" * 30})

    page = page_of(
        make_frame(
            {"creative_id": "A", "proxy_uri": "previews/A-proxy.mp4", "poster_uri": "previews/A-poster.webp"}
        ),
        links=inside(embedded.get),
    )

    assert page.jobs[0]["clip"] == f"data:video/mp4;base64,{base64.b64encode(b'p' * 60).decode()}"
    assert page.jobs[0]["poster"].startswith("data:image/webp;base64,")
    assert not [attrs for attrs in page.all("a") if (attrs["href"] or "").startswith("data:")]


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "=HYPERLINK(1)",
    "{{ 7*7 }}{% raw %}",
    "</style><!--",
    "<!--<script>",
    "\u202ereversed\u2028",
]
TEXT_COLUMNS = (
    *("prompt", "prompt_label", "model", "size_req", "first_frame_id", "creative_id", "error_message"),
    *("error_code", "campaign_name", "edition", "ad_name", "state", "qa_verdict", "note", "reviewer"),
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("state", ["stored", "failed"])
def test_no_text_becomes_markup(text: str, state: str) -> None:
    """Prompts and vendor messages are other people's words: they are shown, never obeyed."""
    tame = page_of(make_frame({**dict.fromkeys(TEXT_COLUMNS, "tame"), "state": state}))

    wild = page_of(make_frame({**dict.fromkeys(TEXT_COLUMNS, text), "state": state}))

    assert [tag for tag, _ in wild.tags] == [tag for tag, _ in tame.tags]
    assert [set(attrs) for _, attrs in wild.tags] == [set(attrs) for _, attrs in tame.tags]
    assert wild.data["prompts"][0]["text"] == text


@pytest.mark.slow
@given(text=st.text(max_size=400))
def test_a_prompt_of_any_text_reaches_the_script_as_it_is(text: str) -> None:
    """No prompt changes the page's structure, however long or odd."""
    prompt = text.encode(errors="replace").decode()

    page = page_of(make_frame({"prompt": prompt}))

    assert page.data["prompts"][0]["text"] == prompt
    assert len(page.all("script")) == 2


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
    """No font, script or style from anywhere; no inline handler or style; no text is ever made markup by the script."""
    page = page_of(make_frame({}, without_clip("failed")))

    links = [value for _, attrs in page.tags for name, value in attrs.items() if name in {"src", "href"}]
    assert links == ["data:,", "#clips", "clips/7KQ2M9X4TD.mp4"]
    names = {name for _, attrs in page.tags for name in attrs}
    assert not {name for name in names if name.startswith("on") or name == "style"}
    assert not re.search(r"https?://|@import", page.raw["script"] + page.raw["style"])
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", page.raw["script"]
    )


def test_the_time_of_building_is_told_in_utc() -> None:
    """Whatever zone the machine is in, the page says UTC and means it."""
    tokyo = BUILT_AT.astimezone(timezone(timedelta(hours=9)))

    content = render(make_frame({}), title="Sneaker launch", built_at=tokyo)

    assert "built 22 November 2026, 17:05 UTC" in content.decode()


def test_text_that_is_no_unicode_does_not_stop_the_page() -> None:
    """Half a surrogate pair, as a shell may hand over, is shown as an escape."""
    page = page_of(make_frame(without_clip("failed", error_message="broken \udc80")))

    assert any("broken \\udc80" in word for word in page.words)


def test_an_edition_without_jobs_is_a_page_too() -> None:
    """An empty plan is answered, not crashed on."""
    page = page_of(make_frame())

    assert "This edition has no jobs yet." in page.words
    assert page.jobs == []


@pytest.mark.slow
def test_two_thousand_jobs_make_a_page_of_a_few_megabytes() -> None:
    """The largest usual edition stays one file that a browser opens at once."""
    rows = [
        {"creative_id": f"{number:010}", "prompt": f"{'A long prompt. ' * 20}{number // 8}"}
        for number in range(2000)
    ]

    content = render(make_frame(*rows), title="Many", built_at=BUILT_AT)

    assert len(content) < 5_000_000


def test_the_same_rows_make_the_same_page() -> None:
    """A page that is built again differs in nothing but the time."""
    frame = pd.concat([make_frame({}), make_frame(without_clip("failed"))])

    pages = {render(frame, title="Same", built_at=BUILT_AT) for _ in range(2)}

    assert len(pages) == 1


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
