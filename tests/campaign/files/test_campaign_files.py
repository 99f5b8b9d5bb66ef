"""What a sound campaign file means."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files import LoadedCampaign, load_campaign, load_catalog
from hailuo.campaign.model import Campaign, IllegalPolicy

AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
CATALOG = load_catalog()
MATRIX = """
matrix:
  model: [MiniMax-Hailuo-02]
  duration: [6]
  size: [768p]
  prompt: [Sneaker on wet asphalt]
"""
HEAD = f"campaign: spring{MATRIX}"

Load = Callable[..., LoadedCampaign]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a file and load it."""

    def loaded(
        text: str, *, name: str = "spring.yaml", catalog: Catalog = CATALOG, edition: str | None = None
    ) -> LoadedCampaign:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load_campaign(path, catalog=catalog, at=AT, edition=edition)

    return loaded


def _sound(loaded: LoadedCampaign) -> Campaign:
    assert loaded.problems == ()
    assert loaded.campaign
    return loaded.campaign


def _reasons(loaded: LoadedCampaign) -> list[str]:
    return [problem.reason for problem in loaded.problems]


def _labels(campaign: Campaign, axis: str, grid: int = 0) -> list[str]:
    return [level.label for a in campaign.grids[grid].axes if a.name == axis for level in a.levels]


def test_a_minimal_file_has_safe_defaults(load: Load) -> None:
    """One take, no budget, edition main, illegal combinations stop."""
    campaign = _sound(load(HEAD))

    assert (campaign.name, campaign.edition, campaign.takes) == ("spring", "main", 1)
    assert (campaign.illegal, campaign.budget_usd, campaign.failed_retries) == (IllegalPolicy.STOP, None, 1)


def test_every_key_arrives(load: Load) -> None:
    """What the file says is what the campaign holds."""
    text = HEAD + (
        "edition: summer\ntakes: 3\nillegal: skip\nbudget: {usd: 40.00}\nretries: {failed: 2}\n"
        "placements: [meta_reels, tiktok_infeed]\ntimezone: Europe/Berlin\ncontrol: {model: MiniMax-Hailuo-02}\n"
    )

    campaign = _sound(load(text))

    assert (campaign.edition, campaign.takes, campaign.illegal) == ("summer", 3, IllegalPolicy.SKIP)
    assert (campaign.budget_usd, campaign.failed_retries) == (Decimal("40.00"), 2)
    assert campaign.placements == ("meta_reels", "tiktok_infeed")
    assert campaign.control == {"model": "MiniMax-Hailuo-02"}


@pytest.mark.parametrize(
    ("timezone", "edition"), [("UTC", "night-2026-11-22"), ("Asia/Tokyo", "night-2026-11-23")]
)
def test_the_date_of_an_edition_is_that_of_the_timezone(load: Load, timezone: str, edition: str) -> None:
    """A night that crosses midnight belongs to the campaign's own date."""
    loaded = load(HEAD + f'edition: "night-{{date}}"\ntimezone: {timezone}\n')

    assert _sound(loaded).edition == edition


def test_an_edition_from_outside_wins(load: Load) -> None:
    """`--edition` names another shoot, `{date}` included."""
    assert _sound(load(HEAD, edition="re-{date}")).edition == "re-2026-11-22"
    assert _reasons(load(HEAD, edition="Not Good")) == ["edition is 'Not Good'"]


def test_a_scalar_keeps_its_spelling(load: Load) -> None:
    """YAML 1.1 would read these as 969, a date and 1.5."""
    text = (
        HEAD.replace("Sneaker on wet asphalt", '"Shot {look}"') + "  look: [16:9, 2026-11-22, 1.50, 007, 5]\n"
    )

    assert _labels(_sound(load(text)), "look") == ["16:9", "2026-11-22", "1.50", "007", "5"]


def test_small_aliases_are_fine(load: Load) -> None:
    """An anchor is a convenience; only bombs are refused."""
    text = "campaign: spring\ndefaults: {size: &s 768p}\n" + MATRIX.replace("[768p]", "[*s, 1080P]")

    assert _labels(_sound(load(text)), "size") == ["768p", "1080p"]


@pytest.mark.parametrize("name", ["spring.yaml", "spring.csv"])
def test_a_byte_order_mark_is_accepted(load: Load, name: str) -> None:
    """Windows editors write one."""
    texts = {"spring.yaml": HEAD, "spring.csv": "prompt,model,duration,size\nShoe,MiniMax-Hailuo-02,6,768p\n"}

    assert _sound(load("\ufeff" + texts[name], name=name)).name == "spring"


def test_prompt_ids_come_from_the_text_and_not_from_the_order(load: Load) -> None:
    """Two texts with one beginning get marks of their content."""
    first, second = '"Sneaker on wet asphalt, at night, in the rain, one"', "{id: day, text: Sneaker by day}"
    texts = [f"[{first}, {second}]", f"[{second}, {first}]"]

    labels = [_labels(_sound(load(HEAD.replace("[Sneaker on wet asphalt]", t))), "prompt") for t in texts]

    assert labels[0] == ["sneaker-on-wet-asphalt-at-night-in-the", "day"]
    assert labels[1] == labels[0][::-1]


def test_prompts_with_one_slug_are_told_apart(load: Load) -> None:
    """Chinese prompts have no slug at all; each still has its own stable id."""
    labels = _labels(
        _sound(load(HEAD.replace("Sneaker on wet asphalt", "湿沥青上的运动鞋, 黑石上的运动鞋"))), "prompt"
    )

    assert len(set(labels)) == 2
    assert all(label.startswith("prompt-") for label in labels)


@pytest.mark.parametrize("no_id", ["", "null", "~"])
def test_a_prompt_whose_id_is_null_is_named_by_its_text(load: Load, no_id: str) -> None:
    """The schema allows null, and it is not a name."""
    entry = f"{{id: {no_id}, text: Sneaker on stone}}"

    campaign = _sound(load(HEAD.replace("[Sneaker on wet asphalt]", f"[{entry}]")))

    assert _labels(campaign, "prompt") == ["sneaker-on-stone"]


def test_white_space_and_hidden_characters_leave_the_prompt(load: Load) -> None:
    """The vendor refuses invisible characters (1042); emoji stay whole, and a warning has the number of removed ones."""
    text = HEAD.replace("Sneaker on wet asphalt", '"  Sneaker\\u200b  on\\n 👩\\u200d🚀 "')

    loaded = load(text)

    assert [level.value for level in _sound(loaded).grids[0].axes[3].levels] == ["Sneaker on 👩\u200d🚀"]
    assert [warning.reason for warning in loaded.warnings] == ["prompt: 1 invisible character removed"]


def test_includes_refer_to_prompts_and_take_defaults(load: Load) -> None:
    """A complete row names what differs; the rest comes from defaults."""
    text = (
        HEAD.replace("Sneaker on wet asphalt", "{id: street, text: Sneaker}")
        + "defaults: {duration: 10, size: 1080p}\n"
        + "include:\n  - {model: MiniMax-Hailuo-2.3, prompt: street, duration: 6}\n"
    )

    campaign = _sound(load(text))

    assert [_labels(campaign, axis, 1) for axis in ("prompt", "duration", "size")] == [
        ["street"],
        ["6"],
        ["1080p"],
    ]


def test_rows_stand_in_place_of_the_matrix(load: Load, tmp_path: Path) -> None:
    """A YAML frames what a spreadsheet lists."""
    (tmp_path / "rows.csv").write_text("prompt,model\nShoe,MiniMax-Hailuo-02\nBoot,MiniMax-Hailuo-2.3\n")

    campaign = _sound(load("campaign: spring\ndefaults: {duration: 6, size: 768p}\nrows: rows.csv\n"))

    assert [_labels(campaign, "prompt", i) for i in range(2)] == [["shoe"], ["boot"]]


def test_a_csv_alone_is_a_campaign(load: Load) -> None:
    """Its name is the file's; a cell lists alternatives, an empty line is none."""
    text = 'prompt,prompt_id,model,duration,size\n"Shoe\nin rain",rain,MiniMax-Hailuo-02,6|10,768p\n,,,,\n'

    campaign = _sound(load(text, name="Spring Launch.csv"))

    assert campaign.name == "spring-launch"
    assert [_labels(campaign, axis) for axis in ("prompt", "duration")] == [["rain"], ["6", "10"]]


def test_a_problem_in_a_csv_names_the_line_its_row_begins_on(load: Load) -> None:
    """A cell with line breaks does not shift the count."""
    text = 'prompt,model,duration,size\n"a\nb",MiniMax-Hailuo-02,6,768p\nc,MiniMax-Hailuo-03,6,768p\n'

    loaded = load(text, name="spring.csv")

    assert [problem.place.line for problem in loaded.problems] == [4]


def test_what_is_sound_is_kept_beside_the_problems(load: Load) -> None:
    """The caller can go on and report illegal combinations in the same go."""
    loaded = load(HEAD.replace("[6]", "[6, 10]").replace("[768p]", "[768p, 720p]") + "takes: no\n")

    assert len(loaded.problems) == 2
    assert loaded.campaign
    assert _labels(loaded.campaign, "size") == ["768p"]


def test_an_exclude_that_matches_nothing_is_a_warning(load: Load) -> None:
    """It is harmless, but somebody meant something by it."""
    text = HEAD + (
        "include:\n  - {model: MiniMax-Hailuo-2.3, prompt: Other shot, duration: 6, size: 768p}\n"
        "exclude:\n  - {model: MiniMax-Hailuo-2.3}\n"
    )

    loaded = load(text)

    assert _sound(loaded).grids[0].exclude == ()
    assert [warning.reason for warning in loaded.warnings] == ["this exclude matches nothing"]


def test_a_family_of_the_overlay_brings_its_own_axes(load: Load, tmp_path: Path) -> None:
    """Its parameters are settings: no prompt needs to speak of them, and null leaves one out."""
    overlay = tmp_path / "own.yaml"
    overlay.write_text(SEEDANCE, encoding="utf-8")
    text = HEAD.replace("[MiniMax-Hailuo-02]", "[seedance-2.0]") + "  aspect_ratio: [9:16, null, 4:5]\n"

    loaded = load(text, catalog=load_catalog(overlay))

    assert _reasons(loaded) == ["no model offers the aspect_ratio '4:5'"]
    assert loaded.campaign
    assert _labels(loaded.campaign, "aspect_ratio") == ["9:16", "none"]


SEEDANCE = """
sources: {page: {text: our own notes, checked: 2026-11-01}}
families:
  seedance: {request: seedance, source: page, parameters: {aspect_ratio: ["16:9", 9:16]}}
models:
  seedance-2.0:
    family: seedance
    prompt: {limit: 3000, source: page}
    first_frame: {rule: optional, source: page}
    offers: [{duration: 6, size: 768p, price_usd: null, source: page}]
"""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.yaml", "the file cannot be read (no such file or directory)"),
        ("notes.txt", "this is not a campaign file"),
        ("folder.yaml", "this is not a file"),
        ("null\x00.yaml", "the file cannot be read (not a file name)"),
    ],
)
def test_a_file_that_cannot_be_had_is_a_problem(tmp_path: Path, name: str, reason: str) -> None:
    """Never a traceback."""
    (tmp_path / "folder.yaml").mkdir()

    loaded = load_campaign(tmp_path / name, catalog=CATALOG, at=AT)

    assert (loaded.campaign, _reasons(loaded)) == (None, [reason])


@pytest.mark.parametrize(("name", "megabytes"), [("big.yaml", 1), ("big.csv", 64)])
def test_a_file_beyond_all_sizes_is_refused_unread(load: Load, name: str, megabytes: int) -> None:
    """1 MB of YAML, 64 MB of CSV."""
    loaded = load("#" * (megabytes * 1_000_000 + 1), name=name)

    assert _reasons(loaded) == [f"the file is larger than {megabytes} MB"]


def test_the_size_is_known_before_anything_is_expanded(tmp_path: Path) -> None:
    """Products and takes are multiplied; the problem has the number."""
    path = tmp_path / "spring.yaml"
    path.write_text(HEAD.replace("[6]", "[6, 10]") + "takes: 6\n")

    loaded = load_campaign(path, catalog=CATALOG, at=AT, max_jobs=11)

    assert (loaded.campaign, _reasons(loaded)) == (None, ["the campaign is 12 jobs, the limit 11"])


def test_more_rows_than_jobs_are_not_even_read(tmp_path: Path) -> None:
    """A spreadsheet of the wrong kind ends at the limit."""
    path = tmp_path / "spring.csv"
    path.write_text("prompt,model,duration,size\n" + "Shoe,MiniMax-Hailuo-02,6,768p\n" * 5)

    loaded = load_campaign(path, catalog=CATALOG, at=AT, max_jobs=4)

    assert _reasons(loaded) == ["the file has more than 4 rows"]
