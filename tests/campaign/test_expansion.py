"""What a campaign comes to: every legal cell once per take, every other with its rule."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import Expansion, expand
from hailuo.campaign.files import load_campaign, load_catalog

AT = datetime(2026, 11, 22, tzinfo=UTC)
CATALOG = load_catalog()
MATRIX = """campaign: spring
matrix:
  model: [MiniMax-Hailuo-02]
  duration: [6]
  size: [768p]
  prompt: [{id: shoe, text: Sneaker}]
"""
Expanded = Callable[..., Expansion]


@pytest.fixture
def expanded(tmp_path: Path) -> Expanded:
    """Write a campaign, load it without problems, expand it."""

    def expansion(text: str, *, catalog: Catalog = CATALOG, **only: set[str]) -> Expansion:
        path = tmp_path / "spring.yaml"
        path.write_text(text, encoding="utf-8")
        loaded = load_campaign(path, catalog=catalog, at=AT)
        assert loaded.problems == ()
        assert loaded.campaign
        return expand(loaded.campaign, catalog, only={axis: frozenset(v) for axis, v in only.items()})

    return expansion


def _told(expansion: Expansion) -> list[str]:
    return [f"{problem.place.line}: {problem.reason}; {problem.remedy}" for problem in expansion.problems]


def test_the_readme_s_campaign_has_the_cells_it_promises(expanded: Expanded) -> None:
    """2 models x 2 durations x 2 prompts x 2 surfaces, less 4 excluded, 2 takes each."""
    text = (
        MATRIX.replace("-02]", "-02, MiniMax-Hailuo-2.3]")
        .replace("[6]", "[6, 10]")
        .replace(
            "[{id: shoe, text: Sneaker}]",
            "[{id: a, text: 'A {surface}'}, {id: b, text: 'B {surface}'}]\n  surface: [stone, asphalt]",
        )
    )

    expansion = expanded(text + "takes: 2\nexclude: [{model: MiniMax-Hailuo-02, duration: 10}]\n")

    assert (len(expansion.jobs), expansion.problems) == (24, ())
    assert len({job.creative_id for job in expansion.jobs}) == 24
    assert [job.take for job in expansion.jobs[:3]] == [1, 2, 1]
    assert expansion.jobs[0].variant.prompt == "A stone"
    assert expansion.jobs[0].levels == {
        "model": "MiniMax-Hailuo-02", "duration": "6", "size": "768p", "prompt": "a", "surface": "stone",
    }  # fmt: skip


def test_one_rule_is_told_once_with_its_cells(expanded: Expanded) -> None:
    """At the line of the offending value, with what to choose instead."""
    text = MATRIX.replace("-02]", "-2.3]").replace("[6]", "[6, 10]").replace("[768p]", "[768p, 1080p]")

    expansion = expanded(text.replace("text: Sneaker}", "text: Sneaker}, Boot"))

    assert _told(expansion) == [
        "4: duration 10 is not offered by MiniMax-Hailuo-2.3 at 1080p (2 combinations); choose 6, or 768p"
    ]


def test_skip_drops_and_lists_illegal_cells(expanded: Expanded) -> None:
    """They are not problems then; the plan lists them."""
    text = MATRIX.replace("[6]", "[6, 10]").replace("[768p]", "[768p, 1080p]")

    expansion = expanded(text + "illegal: skip\n")

    assert (len(expansion.jobs), expansion.problems) == (3, ())
    assert [(cell.levels["duration"], cell.levels["size"]) for cell in expansion.illegal] == [("10", "1080p")]
    assert "not offered" in expansion.illegal[0].rule.reason


def test_a_value_that_loses_all_its_cells_is_a_warning(expanded: Expanded) -> None:
    """It is named by itself, beside the rules that skip its combinations."""
    made = expanded(
        """\
campaign: c
illegal: skip
defaults: {duration: 10}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  size: [768p, 1080p]
  prompt: [{id: a, text: A bottle}]
"""
    )

    lost = [str(warning) for warning in made.warnings if "no clip has" in str(warning)]
    assert len(made.illegal) > 0
    assert [text.split(": ")[1] for text in lost] == ["no clip has size '1080p'"]


@pytest.mark.parametrize(
    ("model", "frame", "reason"),
    [
        ("MiniMax-Hailuo-2.3-Fast", "null", "MiniMax-Hailuo-2.3-Fast needs a first frame"),
    ],
)
def test_the_first_frame_rule_of_a_model_is_kept(
    expanded: Expanded, model: str, frame: str, reason: str
) -> None:
    """Required on Fast."""
    text = MATRIX.replace("MiniMax-Hailuo-02", model) + f"  first_frame: [{frame!r}]\n".replace(
        "'null'", "null"
    )

    assert [problem.reason for problem in expanded(text).problems] == [reason]


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("[768p]", "[512p]", "MiniMax-Hailuo-02, 6 s, 512p: the page sells 512p text-to-video, but MiniMax documents 512p for image-to-video only (3 jobs)"),
        ("[MiniMax-Hailuo-02]", "[MiniMax-Hailuo-2.3]\n  first_frame: ['https://a.example/h.png']", "MiniMax-Hailuo-2.3: the vendor's page is silent about a first frame on this model, but a real call worked (3 jobs)"),
    ],
)  # fmt: skip
def test_a_doubtful_cell_is_legal_with_a_warning(
    expanded: Expanded, old: str, new: str, warning: str
) -> None:
    """Where the sources disagree the plan says so, once, with the number of jobs."""
    expansion = expanded(MATRIX.replace(old, new) + "takes: 3\n")

    assert len(expansion.jobs) == 3
    assert [remark.reason for remark in expansion.warnings] == [warning]


def test_identical_clips_are_found_and_both_cells_named(expanded: Expanded) -> None:
    """A prompt that lacks an axis which others use would be bought once per value."""
    prompts = "[{id: with, text: 'A {surface}'}, {id: without, text: B}]\n  surface: [stone, sand, snow]"

    expansion = expanded(MATRIX.replace("[{id: shoe, text: Sneaker}]", prompts))

    assert _told(expansion) == [
        "6: 'MiniMax-Hailuo-02, 6, 768p, without, stone' and 'MiniMax-Hailuo-02, 6, 768p, without, sand' "
        "would be identical clips (and 1 more pairs); make the prompt differ by surface, or exclude all but one"
    ]


def test_only_keeps_the_cells_named(expanded: Expanded) -> None:
    """`--only model=...` renders a part, with the very ids of the whole."""
    text = MATRIX.replace("[6]", "[6, 10]")

    whole, part = expanded(text), expanded(text, duration={"10"})

    assert part.jobs == whole.jobs[1:]


def test_only_with_an_unknown_name_is_a_problem(expanded: Expanded) -> None:
    """A typo must not render nothing, or everything."""
    expansion = expanded(MATRIX, durations={"6"}, model={"MiniMax-Hailuo-2"})

    assert [problem.remedy for problem in expansion.problems] == [
        "did you mean 'MiniMax-Hailuo-02'?",
        "did you mean 'duration'?",
    ]


def test_the_control_is_marked(expanded: Expanded) -> None:
    """The report's baseline is every job that matches."""
    expansion = expanded(MATRIX.replace("[6]", "[6, 10]") + "control: {duration: 6}\n")

    assert [job.is_control for job in expansion.jobs] == [True, False]


def test_a_control_that_was_excluded_is_a_problem(expanded: Expanded) -> None:
    """The report would have nothing to compare with."""
    text = MATRIX.replace("[6]", "[6, 10]") + "control: {duration: 6}\nexclude: [{duration: 6}]\n"

    reasons = [problem.reason for problem in expanded(text).problems]

    assert reasons == ["control matches no clip after `exclude` and `illegal` are applied"]


def test_exclude_does_not_touch_include(expanded: Expanded) -> None:
    """As in CI matrices: include is appended after exclude."""
    include = "include: [{model: MiniMax-Hailuo-02, duration: 6, size: 768p, prompt: Another shot}]\n"

    expansion = expanded(MATRIX.replace("[6]", "[6, 10]") + include + "exclude: [{duration: 6}]\n")

    assert [job.levels["prompt"] for job in expansion.jobs] == ["shoe", "another-shot"]


def test_camera_commands_are_checked_after_filling(expanded: Expanded) -> None:
    """An unknown one is a warning with the nearest known one, once per prompt."""
    text = MATRIX.replace("{id: shoe, text: Sneaker}", "'Shoe [{move}] [Push in,上升]'")

    expansion = expanded(text + "  move: [Push in, Pan lefft, 'Shake,Push in,Pull out,Zoom in']\n")

    assert [f"{warning.reason}; {warning.remedy}" for warning in expansion.warnings] == [
        "'[Pan lefft]' is not a camera command of the family minimax; did you mean [Pan left]?",
        "4 camera commands in [Shake,Push in,Pull out,Zoom in]; put at most 3 in one bracket",
    ]
    assert len(expansion.jobs) == 3


def test_the_prompt_limit_counts_characters_after_filling(expanded: Expanded) -> None:
    """2,000 Chinese characters are 6,000 bytes and fit; one more does not."""
    text = MATRIX.replace("{id: shoe, text: Sneaker}", f"'{'湿' * 1999}{{end}}'")

    expansion = expanded(text + "  end: [a, bc]\n")

    assert len(expansion.jobs) == 1
    assert [problem.remedy for problem in expansion.problems] == [
        "shorten it to 2,000 characters, with all {fields} filled"
    ]


def test_values_are_never_read_as_templates(expanded: Expanded) -> None:
    """What fills a field is plain text, braces and all; `{{` is a brace."""
    text = MATRIX.replace("{id: shoe, text: Sneaker}", "'{{x}} {word} {model} {duration}'")

    expansion = expanded(text + "  word: ['{model.__class__} {0}']\n")

    assert [job.variant.prompt for job in expansion.jobs] == ["{x} {model.__class__} {0} MiniMax-Hailuo-02 6"]


OVERLAY = """
sources: {page: {text: our own notes, checked: 2026-11-01}}
families:
  seedance: {request: seedance, source: page, parameters: {aspect_ratio: ["16:9", 9:16]}}
models:
  seedance-2.0:
    family: seedance
    prompt: {limit: 3000, source: page}
    first_frame: {rule: optional, source: page}
    offers: [{duration: 6, size: 768p, price_usd: 0.6, source: page}]
"""


def test_a_setting_of_one_family_is_illegal_for_another(expanded: Expanded, tmp_path: Path) -> None:
    """Otherwise it would be ignored and buy identical clips; null leaves it out."""
    (tmp_path / "own.yaml").write_text(OVERLAY)
    text = MATRIX.replace("-02]", "-02, seedance-2.0]") + "  aspect_ratio: [null, 9:16]\n"

    expansion = expanded(text, catalog=load_catalog(tmp_path / "own.yaml"))

    assert [dict(job.variant.parameters) for job in expansion.jobs] == [{}, {}, {"aspect_ratio": "9:16"}]
    assert _told(expansion) == [
        "7: aspect_ratio '9:16' is not offered by MiniMax-Hailuo-02; "
        'give a first frame of 9:16, or `frames: {"9:16": FILE}` with the axis `shape`'
    ]
