"""A campaign file that is written is read back as what it was written from: same cells, same takes, no complaint."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings

from hailuo.campaign.expand import expand
from hailuo.campaign.files import DraftCampaign, DraftRow, load_campaign, load_catalog, write_campaign
from hailuo.campaign.files.damage import check_text
from hailuo.campaign.files.text import RefusedValueError
from hailuo.campaign.model import Axis, Campaign, Grid, Level
from hailuo.errors import CampaignError, Place
from tests.support.examples import examples

AT = datetime(2026, 11, 22, tzinfo=UTC)
CATALOG = load_catalog()
FOLDER = Path(__file__).resolve().parents[3] / "campaigns"
EXAMPLES = sorted(
    path.name for path in FOLDER.iterdir() if path.suffix in (".yaml", ".csv") and "rows" not in path.name
)
PLACE = Place("draft.yaml")


def example(name: str) -> Campaign:
    loaded = load_campaign(FOLDER / name, catalog=CATALOG, at=AT)
    assert loaded.campaign is not None
    return loaded.campaign


def cells_of(campaign: Campaign) -> list[dict[str, Level]]:
    """Every legal cell with its levels."""
    levels = {
        (axis.name, level.label): level
        for grid in campaign.grids
        for axis in grid.axes
        for level in axis.levels
    }
    jobs = [job for job in expand(campaign, CATALOG).jobs if job.take == 1]
    return [{axis: levels[axis, label] for axis, label in job.levels.items()} for job in jobs]


def drafted(campaign: Campaign, rows: list[DraftRow]) -> DraftCampaign:
    return DraftCampaign(
        follows=campaign,
        edition="next-1",
        rows=tuple(rows),
        budget_usd=Decimal("99.5"),
        title="The next batch",
    )


def read_back(text: str, folder: Path = FOLDER):
    loaded = load_campaign(folder / "next.yaml", catalog=CATALOG, at=AT, text=text)
    assert loaded.problems == ()
    assert loaded.campaign is not None
    return loaded.campaign, expand(loaded.campaign, CATALOG)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_written_row_by_row(name):
    """The same variants, each as often as its row says."""
    campaign = example(name)
    cells = cells_of(campaign)

    text = write_campaign(
        drafted(campaign, [DraftRow(cell=c, takes=3, note="why") for c in cells]), folder=FOLDER
    )
    campaign_again, expansion = read_back(text)

    assert expansion.problems == ()
    wanted = {job.variant.variant_id for job in expand(campaign, CATALOG).jobs}
    assert Counter(job.variant.variant_id for job in expansion.jobs) == dict.fromkeys(wanted, 3)
    assert campaign_again.budget_usd == Decimal("99.5")
    assert campaign_again.control == campaign.control


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=examples(60))
def test_any_choice_of_rows_is_read_back_as_it_was_chosen(data):
    """Cells and takes are exactly those written, whichever prompts, frames and axes of one's own they have."""
    campaign = example(data.draw(st.sampled_from(EXAMPLES)))
    cells = data.draw(st.lists(st.sampled_from(cells_of(campaign)), min_size=1, max_size=12, unique_by=id))
    rows = [
        DraftRow(cell=cell, takes=data.draw(st.integers(1, 9)), note=data.draw(st.text())) for cell in cells
    ]

    _, expansion = read_back(write_campaign(drafted(campaign, rows), folder=FOLDER))

    assert expansion.problems == ()
    found = Counter(tuple(sorted(job.levels.items())) for job in expansion.jobs)
    assert found == {
        tuple(sorted((axis, level.label) for axis, level in row.cell.items())): row.takes for row in rows
    }


def is_sound(text):
    """Whether the loader would accept the text: it refuses what was decoded wrongly."""
    try:
        check_text(text)
    except RefusedValueError:
        return False
    return True


@pytest.mark.slow
@given(text=st.text(min_size=1).filter(lambda t: any(c.isalnum() for c in t)), word=st.text(min_size=1))
@settings(max_examples=examples(150))
def test_no_prompt_and_no_value_is_read_as_something_else(text, word):
    """Whatever a prompt or a value of one's own says, YAML does not make a number, a truth value or markup of it."""
    source = (
        "campaign: c\ndefaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-02}\nmatrix:\n  prompt: [x]\n"
    )
    campaign = load_campaign(FOLDER / "c.yaml", catalog=CATALOG, at=AT, text=source).campaign
    assert campaign is not None
    prompt = " ".join(c for c in text if c.isprintable()).replace("{", "").replace("}", "").strip() or "y"
    own = "".join(c for c in word if c.isprintable()).strip() or "no"
    cell = {axis.name: axis.levels[0] for axis in campaign.grids[0].axes}
    cell["prompt"] = Level(
        axis="prompt", label="p-1", value=f"{' '.join(prompt.split())} {{mood}}", place=PLACE
    )
    cell["mood"] = Level(axis="mood", label=" ".join(own.split()), value=" ".join(own.split()), place=PLACE)

    assume(is_sound(prompt) and is_sound(own))

    _, expansion = read_back(
        write_campaign(drafted(campaign, [DraftRow(cell=cell, takes=1, note="")]), folder=FOLDER)
    )

    (job,) = expansion.jobs
    assert job.levels["mood"] == cell["mood"].label
    assert job.levels["prompt"] == "p-1"


def test_an_axis_that_no_prompt_of_the_batch_uses_is_left_out():
    """The loader would refuse it: such an axis buys identical clips."""
    source = (
        "campaign: c\ndefaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-02}\n"
        "matrix: {prompt: [{id: a, text: 'Shoe on {floor}'}, {id: b, text: Boot}], floor: [stone]}\n"
    )
    campaign = load_campaign(FOLDER / "c.yaml", catalog=CATALOG, at=AT, text=source).campaign
    assert campaign is not None
    boot = next(cell for cell in cells_of(campaign) if cell["prompt"].label == "b")

    text = write_campaign(drafted(campaign, [DraftRow(cell=boot, takes=1, note="")]), folder=FOLDER)

    assert "floor" not in text
    assert len(read_back(text)[1].jobs) == 1


def test_a_control_that_the_batch_does_not_have_is_left_out():
    """Written all the same it would match nothing, and that is a problem."""
    campaign = example("demo.yaml")
    other = next(cell for cell in cells_of(campaign) if cell["prompt"].label == "reveal")

    text = write_campaign(drafted(campaign, [DraftRow(cell=other, takes=1, note="")]), folder=FOLDER)

    assert "control" not in text


def test_a_frame_that_the_new_file_cannot_name_is_refused(tmp_path):
    """A campaign reads frames from its own folder only."""
    campaign = example("portrait-motion.yaml")
    row = DraftRow(cell=cells_of(campaign)[0], takes=1, note="")

    with pytest.raises(CampaignError, match="is outside the folder of the new file"):
        write_campaign(drafted(campaign, [row]), folder=tmp_path)


def test_a_reason_cannot_leave_its_comment():
    """Line breaks and steering characters of a label stay behind the #."""
    campaign = example("demo.yaml")
    row = DraftRow(
        cell=cells_of(campaign)[0], takes=1, note="good\ncampaign: other\u2028budget: {usd: 1}\x1b[0m"
    )

    text = write_campaign(drafted(campaign, [row]), folder=FOLDER)

    assert read_back(text)[0].name == "demo"
    assert "  # campaign: other\n  # budget: {usd: 1}\N{REPLACEMENT CHARACTER}[0m\n" in text


def test_a_row_may_be_taken_more_often_than_the_rest():
    """`takes` in a row of `include` counts for that row; it is no axis, and prices follow."""
    campaign = example("demo.yaml")
    axes = tuple(Axis(name=n, levels=(level,)) for n, level in cells_of(campaign)[0].items())
    once = replace(campaign, takes=2, grids=(Grid(axes=axes),), control={})

    jobs = expand(replace(once, grids=(replace(once.grids[0], takes=5),)), CATALOG).jobs

    assert [job.take for job in jobs] == [1, 2, 3, 4, 5]
    assert [job.creative_id for job in jobs][:2] == [job.creative_id for job in expand(once, CATALOG).jobs]


@pytest.mark.parametrize("takes", ["0", "101", "two", "yes", "null"])
def test_a_row_is_taken_a_sensible_number_of_times(takes):
    """One to a hundred, as for the file; null is not said."""
    source = (
        "campaign: c\ndefaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-02}\n"
        f"matrix: {{prompt: [Boot]}}\ninclude: [{{prompt: {{id: a, text: Shoe}}, takes: {takes}}}]\n"
    )

    loaded = load_campaign(FOLDER / "c.yaml", catalog=CATALOG, at=AT, text=source)

    assert [p.remedy for p in loaded.problems] == (
        [] if takes == "null" else ["write a whole number from 1 to 100"]
    )
