"""What `make judge` says is what was found: a goal that was missed decides, one that was not looked at does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.document import write_section
from benchmarks.judge.lines import at_least, at_most, between, missed, not_run
from benchmarks.judge.page import goal_table
from benchmarks.judge.paper import published
from tests.support.report.published import ROWS


@pytest.mark.parametrize(
    ("line", "held"),
    [
        (at_least("G", "w", 0.95, 0.95), True),
        (at_least("G", "w", 0.949, 0.95), False),
        (at_most("G", "w", 0.05, 0.05), True),
        (at_most("G", "w", 0.051, 0.05), False),
        (between("G", "w", 0.93, (0.93, 0.97)), True),
        (between("G", "w", 0.971, (0.93, 0.97)), False),
        (at_least("G", "w", float("nan"), 0.0), False),
    ],
)
def test_a_bound_is_kept_or_missed(line, held):
    """The bound itself counts as kept; what is no number counts as missed."""
    assert line.held is held


def test_what_was_not_run_is_neither_held_nor_missed():
    """Data that is not here fails nobody, and is not passed off as held."""
    line = not_run("G5", "clicks", "no data")

    assert missed([line, at_least("G", "w", 0, 1)]) == [at_least("G", "w", 0, 1)]
    assert "not run" in goal_table([line])


def test_every_published_figure_is_looked_at():
    """Figures of one source share a line, and none is left out of it."""
    lines = list(published())

    single = sum("figures met" not in line.what for line in lines)
    counted = sum(int(line.found.split()[0]) for line in lines if "figures met" in line.what)
    assert single + counted == len(ROWS)
    assert not missed(lines)


def test_a_published_figure_that_is_off_is_named():
    """One wrong figure of many is told by itself, and the source misses its goal."""
    many = [row for row in ROWS if row.source == ROWS[0].source]
    broken = replace(many[0], expected=many[0].expected + 1)

    wrong = missed(published([broken, *many[1:]]))

    assert [broken.name in line.what or "figures met" in line.what for line in wrong] == [True, True]


def test_what_people_wrote_around_the_tables_stays(tmp_path: Path):
    """Only the part between the marks is written anew; a document without marks is given them."""
    marked, plain = tmp_path / "marked.md", tmp_path / "plain.md"
    marked.write_text("# Title\n<!-- judge:start -->\nold\n<!-- judge:end -->\nthe end\n", encoding="utf-8")
    plain.write_text("# Title\n", encoding="utf-8")

    for path in (marked, plain):
        write_section(path, "new", mark="judge")
        write_section(path, "newer", mark="judge")

    assert (
        marked.read_text(encoding="utf-8")
        == "# Title\n<!-- judge:start -->\nnewer\n<!-- judge:end -->\nthe end\n"
    )
    assert plain.read_text(encoding="utf-8") == "# Title\n\n<!-- judge:start -->\nnewer\n<!-- judge:end -->\n"
