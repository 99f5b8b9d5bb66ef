"""What the report's page promises, as far as it can be told without a browser."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from hailuo.report.findings import Interval, PlatformFindings, Recommendation, ReportFindings, VerdictOutcome
from hailuo.report.metrics import Metric
from hailuo.report.page import Clip, render
from hailuo.report.page.clip import POSTERS_LIMIT_CHARS, safe_link
from hailuo.report.page.drawing import Caption
from hailuo.report.page.leaderboard import FIRST_ROWS
from tests.report.factories import make_creative, make_findings, make_health, make_platform, make_proposal
from tests.report.page_factories import HOSTILE, make_outcome, make_shoot, make_thousands
from tests.report.pages import POSTER, Page, media_of, page_of

SECTIONS = [
    "verdict",
    "data",
    "ranking",
    "factors",
    "pairs",
    "funnel",
    "days",
    "audiences",
    "looks",
    "cost",
    "next",
    "gallery",
]
SECTIONS += ["methods", "changes"]


def one_platform(**changes: object) -> ReportFindings:
    return make_findings(platforms=(replace(make_platform(), **changes),))  # type: ignore[arg-type]  # any field


def test_the_sections_come_in_their_order() -> None:
    """The verdict first, then the data it rests on, then everything else; the links at the top lead to all of them."""
    page = page_of(make_shoot())

    assert [section.attrs["aria-labelledby"] for section in page.all("section")] == SECTIONS
    assert [link.attrs["href"] for link in page.all("nav")[0].all("a")] == [f"#{name}" for name in SECTIONS]


def test_the_box_says_what_won_how_sure_what_it_costs_and_what_to_do() -> None:
    """Ten seconds are enough: all four stand in the first section."""
    verdict = page_of(make_shoot()).section("verdict").text

    assert "A winner" in verdict
    assert "97 % likely to be the best of 12" in verdict
    assert "about $14,200" in verdict
    assert "not proof that the clip causes the clicks" in verdict
    assert "1 ✓ Keep 1 + Explore 1 ✕ Drop" in verdict
    assert "5 clips, $1.40" in verdict


@pytest.mark.parametrize(
    ("outcome", "badge", "won"),
    [
        (VerdictOutcome.WINNER, "★ A winner", "What won? desert-dawn · Hailuo-2.3 · take 2"),
        (VerdictOutcome.FACTOR, "◆ A clear factor", "What won? Prompt: desert-dawn"),
        (VerdictOutcome.DIFFERENT, "≠ They differ, no leader yet", "What won? Not settled"),
        (VerdictOutcome.NO_DIFFERENCE, "= No difference shown", "What won? Nothing yet"),
        (VerdictOutcome.NOT_ENOUGH_DATA, "… Not enough data", "What won? Nothing yet"),
    ],
)
def test_every_outcome_has_words_and_a_sign(outcome: VerdictOutcome, badge: str, won: str) -> None:
    """No verdict is told by colour alone, and none claims a winner that is not there."""
    verdict = page_of(make_outcome(outcome)).section("verdict").text

    assert badge in verdict
    assert won in verdict


def test_a_level_that_is_clearly_worse_has_not_won() -> None:
    """The box says that it lost, and names beside it the level that is ahead."""
    shoot = make_shoot()
    meta, tiktok = shoot.platforms
    best, *_, worst = sorted(tiktok.factors[0].levels, key=lambda level: -level.difference.value)
    lost = replace(tiktok, verdict=replace(tiktok.verdict, level=worst.name))
    box = page_of(replace(shoot, platforms=(meta, lost))).section("verdict").all("article")[1]

    assert "worse" in (box.attrs["class"] or "")
    assert f"What lost? Prompt: {worst.name}" in box.text
    assert f"best so far: {best.name}" in box.text
    assert "What won?" not in box.text


@pytest.mark.parametrize("outcome", [VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA])
def test_without_a_difference_there_are_no_ranks(outcome: VerdictOutcome) -> None:
    """An order that may be chance is not numbered, and says so."""
    ranking = page_of(make_outcome(outcome)).section("ranking")

    assert ranking.all("b", "rank") == []
    assert "The order is no ranking" in ranking.text


@pytest.mark.parametrize(
    "findings", [make_shoot(), make_findings(), make_thousands(40)], ids=["shoot", "two platforms", "forty"]
)
def test_no_chart_without_a_unit_an_n_and_an_interval(findings: ReportFindings) -> None:
    """Under every chart stand all three; every drawing is in such a chart and has a title and a description."""
    page = page_of(findings)
    charts = page.all("figure", "chart")
    told = [
        [
            one.text
            for one in chart.all("figcaption")[0].walk()
            if {"data-unit", "data-n", "data-interval"} & one.attrs.keys()
        ]
        for chart in charts
    ]

    assert len(charts) >= 5
    assert [[text.split(":")[0] for text in texts[:2]] for texts in told] == [["Unit", "n"]] * len(charts)
    assert all(len(text.split(": ", 1)[1]) > 0 for texts in told for text in texts[:2])
    assert all(texts[2].startswith("95 % interval") for texts in told)
    drawings = [svg for svg in page.all("svg") if svg.attrs.get("role")]
    assert len(drawings) == sum(len([s for s in chart.all("svg") if s.attrs.get("role")]) for chart in charts)
    assert all(svg.all("title")[0].text and svg.all("desc")[0].text for svg in drawings)


@pytest.mark.parametrize("empty", ["title", "unit", "n", "interval"])
def test_a_caption_with_a_gap_is_refused(empty: str) -> None:
    """The rule holds where charts are made, not only where they are tested."""
    words = {"title": "CTR", "unit": "%", "n": "12 clips", "interval": "95 %"}

    with pytest.raises(ValueError, match="a chart without"):
        Caption(**{**words, empty: " "})


def test_what_durations_spoil_is_grey_with_its_reason() -> None:
    """Hold and completion of clips of two lengths are shown, never ranked, and the page says why."""
    ranking = page_of(make_shoot()).section("ranking")
    heads = [head.text for head in ranking.all("th", "unsafe")]

    assert heads
    assert set(heads) == {"Hold rate not compared: durations differ"}
    assert all("c-hold" in (cell.attrs["class"] or "") for cell in ranking.all("td", "unsafe"))


def test_a_metric_that_durations_spoil_never_ranks() -> None:
    """Were one chosen to decide, its clips stand by id, without ranks and without a chart to compare on."""
    ranking = page_of(one_platform(metric=Metric.HOLD, unsafe_metrics=(Metric.HOLD,))).section("ranking")
    ids = [one.text for one in ranking.all("span", "mono")]

    assert ids == sorted(ids)
    assert ranking.all("b", "rank") == []
    assert ranking.all("svg", "strip") == []
    assert "does not mean the same for clips of different lengths" in ranking.text


def test_the_funnel_has_only_steps_that_any_length_allows() -> None:
    """Impression, hook, click, conversion: nothing that is half of one clip and a third of another."""
    funnel = page_of(make_shoot()).section("funnel")
    heads = [head.text for head in funnel.all("table")[0].all("th", "wide")]

    assert [head.split(" ÷")[0].lstrip("→ ")[:9].strip() for head in heads] == [
        "Hook rate",
        "CTR link",
        "CVR conve",
    ]


def test_texts_from_outside_stay_texts() -> None:
    """A label, a reason or a file name can neither end an element nor become one."""
    creative = make_creative(3, label=HOSTILE, prompt=HOSTILE)
    platform = replace(make_platform(), creatives=(creative,), heat_note=HOSTILE)
    proposal = replace(make_proposal(), note=HOSTILE, file=HOSTILE)
    health = make_health(notes=(HOSTILE,), attribution=HOSTILE, missing=(HOSTILE,))
    findings = make_findings(platforms=(platform,), proposal=proposal, health=health, campaign=HOSTILE)
    page = page_of(findings, title=HOSTILE)

    assert len(page.all("script")) == 1
    assert not [one for one in page.root.walk() if any(name.startswith("on") for name in one.attrs)]
    assert {img.attrs["src"] for img in page.all("img")} == {POSTER}
    assert "{{ 7 * 7 }}" in page.root.text
    assert page.all("h1")[0].text == " ".join(HOSTILE.split())


def test_what_no_utf8_can_hold_is_shown_all_the_same() -> None:
    """A lone surrogate in a label does not cost the report."""
    page = render(make_findings(campaign="sneaker \ud800"), media={})

    assert "\\ud800" in page


@pytest.mark.slow
def test_the_policy_allows_this_style_and_this_script_and_nothing_else() -> None:
    """The hashes are of what is there, nothing is evaluated, and no element has a style of its own."""
    page = page_of(make_shoot())
    policy = next(one.attrs["content"] or "" for one in page.all("meta") if "http-equiv" in one.attrs)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert [rules["style-src"]] == [
        hash_of(text) for text in re.findall(r"<style>(.*?)</style>", page.html, re.S)
    ]
    assert [rules["script-src"]] == [
        hash_of(text) for text in re.findall(r"<script>(.*?)</script>", page.html, re.S)
    ]
    assert not [one.tag for one in page.root.walk() if "style" in one.attrs]


def test_nothing_is_loaded_from_elsewhere() -> None:
    """Apart from the clips that it is told of, the page needs no file and no network."""
    page = page_of(make_shoot())
    loaded = [one.attrs.get("src") for one in page.root.walk() if "src" in one.attrs]
    linked = [one.attrs["href"] for one in page.all("link")]

    assert set(loaded) == {POSTER}
    assert linked == ["data:,"]
    assert "@import" not in page.html
    assert "url(" not in page.html


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("../clips/A.mp4", True),
        ("https://bucket.example/A.mp4?X-Amz-Signature=1", True),
        ("file:///clips/A.mp4", True),
        ("javascript:alert(1)", False),
        (" JavaScript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("vbscript:x", False),
        ("", False),
        (None, False),
    ],
)
def test_a_link_that_would_run_something_is_left_out(href: str | None, kept: bool) -> None:
    """Only relative links, http(s) and files are links."""
    assert safe_link(href) == (href if kept else None)


def test_a_poster_that_is_no_picture_is_left_out() -> None:
    """Only the data of a picture becomes one."""
    clip = Clip(poster="data:image/svg+xml;base64,AAAA", href=None, label="a")
    html = render(make_findings(), media={make_creative(3).creative_id: clip})

    assert Page(html).all("img") == []


def test_posters_stop_where_the_page_would_grow_too_large() -> None:
    """The best keep theirs."""
    findings = one_platform()
    large = f"data:image/png;base64,{'A' * (POSTERS_LIMIT_CHARS // 3)}"
    media = {name: replace(clip, poster=large) for name, clip in media_of(findings).items()}
    page = Page(render(findings, media=media))
    alts = [img.attrs["alt"] for img in page.section("ranking").all("img")]

    assert alts == ["Play desert-dawn · Hailuo-2.3 · take 2"]


def test_a_clip_stands_beside_its_numbers() -> None:
    """Each of the first rows has its poster, which opens the clip with or without a script."""
    board = page_of(one_platform()).section("ranking").all("table", "board")[0]
    rows = [row for body in board.all("tbody") for row in body.all("tr")]
    links = [row.all("a", "clip")[0] for row in rows]

    assert len(links) == 12
    assert links[0].attrs["href"] == "../clips/7KQ2M9X004.mp4"
    assert links[0].all("img")[0].attrs["loading"] == "lazy"


@pytest.mark.slow
def test_two_thousand_clips_fit_into_six_megabytes() -> None:
    """The first 25 are drawn with their posters, the others fold away, none is lost."""
    findings = make_thousands()
    page = page_of(findings)
    ranking = page.section("ranking")
    rest = ranking.all("details", "rest")[0]

    assert len(page.html.encode()) <= 6_000_000
    assert len(ranking.all("td", "c-main")) == FIRST_ROWS
    assert len(rest.all("tbody")[0].all("tr")) == 2_000 - FIRST_ROWS
    assert "open" not in rest.attrs


def test_all_of_the_data_health_is_told() -> None:
    """What was matched, what was not, and why, before any result."""
    data = page_of(make_findings()).section("data").text

    assert "Spend matched 98.0 % $2,401 of $2,450" in data
    assert "Rows matched 97.7 % 168 of 172 rows" in data
    assert "7 23–29 Nov 2026" in data
    assert "7-day click or 1-day view" in data
    assert "Brand film 2025 - Copy Meta $49.25 nothing in the row names a creative" in data
    assert "7KQ2M9X012" in data
    assert "Meta , ups and downs from day to day: dispersion 1.70" in data


def test_a_split_that_is_not_as_planned_asks_to_look_closer() -> None:
    """A sample ratio mismatch is told in words and a sign."""
    srm = make_platform().srm
    assert srm is not None
    found = one_platform(srm=replace(srm, p_value=1.8e-6, flagged=True))

    wrong = page_of(found).section("data").all("li", "wrong")

    assert [one.text for one in wrong] == [
        "⚠ Look closer Meta , split of the audience: differs from the plan (p 1.8e-06). "
        "288,000 impressions over 12 creatives"
    ]


def test_every_threshold_the_seed_and_the_version_are_told() -> None:
    """Whoever wants to compute it again can."""
    methods = page_of(make_findings(seed=42)).section("methods").text

    assert "p_best that makes a winner 0.95" in methods
    assert "Seed of all draws 42 Version 0.1.0" in methods


def test_the_next_batch_has_a_reason_in_each_row() -> None:
    """Kept first, then explored, then dropped."""
    batch = page_of(make_findings()).section("next")
    rows = [row.text for row in batch.all("tbody")[0].all("tr")]

    assert [row.split()[1] for row in rows] == ["Keep", "Explore", "Drop"]
    assert rows[0] == "✓ Keep Prompt desert-dawn Model Hailuo 2.3 3 $0.84 leads with P(best) 96 %"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "section", "said"),
    [
        ({"proposal": None}, "next", "No next batch was proposed."),
        ({"labels": {}}, "gallery", "No gallery is linked"),
        ({"labels": {"gallery": "javascript:alert(1)"}}, "gallery", "No gallery is linked"),
        ({"previous": None, "changes": ()}, "changes", "first report"),
        ({"changes": ()}, "changes", "Nothing changed since 2026-11-27 07:00 UTC"),
        ({"platforms": ()}, "verdict", "No results were matched"),
    ],
    ids=["no proposal", "no gallery", "no safe gallery", "first report", "no change", "no results"],
)
def test_what_is_not_there_is_said(changes: dict[str, object], section: str, said: str) -> None:
    """An empty section would leave the reader wondering."""
    assert said in page_of(make_findings(**changes)).section(section).text


@pytest.mark.parametrize("currency", ["EUR", "SEK", None])
def test_amounts_of_two_currencies_are_never_added(currency: str | None) -> None:
    """Rendering is paid in dollars, delivery in the account's currency."""
    cost = page_of(make_findings(health=make_health(currency=currency))).section("cost").text

    assert "never added" in cost
    assert "$3.36 + " in cost


def test_nothing_known_is_a_dash_and_never_nan() -> None:
    """No estimates, no counts, no dispersion: the page still renders."""
    bare = make_creative(3, estimates={}, counts={}, shrunk=None, p_best=None, expected_loss=None, looks={})
    findings = one_platform(creatives=(bare,), dispersion=None, srm=None, heat=(), factors=(), power=())

    text = page_of(findings).root.text

    assert "nan" not in text.lower().replace("finance", "")
    assert "None" not in text


def test_the_sheet_and_the_next_batch_switch_off_the_same() -> None:
    """By combination: a take that sells keeps the ads of its combination on, on paper too."""
    creatives = [make_creative(index) for index in range(12)]
    sells = replace(creatives[4], brings_conversions=True)
    page = page_of(one_platform(creatives=(*creatives[:4], sells, *creatives[5:])))
    sheet = next(one for one in page.all("div") if one.attrs.get("class") == "sheets").text

    assert "Switch off the ads of 4 clips: rain-street · Hailuo-2.3 · take 1," in sheet
    assert "Leave the ads of 8 clips on." in sheet
    assert "A winner" in sheet
    assert "What next" in sheet


@pytest.mark.parametrize("metric", [Metric.HOOK, Metric.CVR, Metric.CPA])
def test_any_metric_may_decide(metric: Metric) -> None:
    """The chart, its unit and its n follow the metric."""
    found: PlatformFindings = make_platform(metric=metric)
    page = page_of(make_findings(platforms=(found,), metric=metric))
    caption = page.section("ranking").all("figcaption")[0].text

    assert ("Unit: USD" in caption) == (metric is Metric.CPA)
    assert ("link clicks of each" in caption) == (metric is Metric.CVR)


def test_an_open_end_is_told_as_more_than() -> None:
    """No conversion: the cost is more than something, not infinite."""
    creative = make_creative(3)
    cpa = replace(
        creative.estimates[Metric.CPA], value=None, interval=Interval(12.5, None), note="no conversion yet"
    )
    found = one_platform(creatives=(replace(creative, estimates={**creative.estimates, Metric.CPA: cpa}),))

    cell = page_of(found).section("ranking").all("td", "c-cpa")[0].text

    assert cell == "– more than $12.50 no conversion yet"


def test_wishes_are_counted_by_row() -> None:
    """The box and section 9 tell the same."""
    rows = make_proposal().rows
    findings = make_findings(proposal=make_proposal(rows=(*rows, rows[0], rows[0])))
    page = page_of(findings)

    kept = (
        [row for row in findings.proposal.rows if row.action is Recommendation.KEEP]
        if findings.proposal
        else []
    )
    assert f"{len(kept)} ✓ Keep" in page.section("verdict").text
    assert len(page.section("next").all("tbody")[0].all("tr")) == 5


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
