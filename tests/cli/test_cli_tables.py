"""Tables: whole when piped, and readable on a terminal of 80 columns. An id is never cut or broken."""

import io
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.cli.screen import state_text
from hailuo.cli.tables import ColumnKind, TableColumn, show_table
from hailuo.ledger.facts import JobState

IDS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=10, max_size=10)
TASKS = st.text("abcdef0123456789_", min_size=1, max_size=40)
REASONS = st.lists(st.text("abcdefgh", min_size=1, max_size=30), max_size=30).map(" ".join)
ROWS = st.lists(st.tuples(IDS, TASKS, REASONS), min_size=1, max_size=5)


class Terminal(io.StringIO):
    """Standard output of a terminal."""

    def isatty(self) -> bool:
        return True


def shown(rows, *, out: io.StringIO) -> list[str]:
    with redirect_stdout(out):
        show_table(
            [TableColumn("creative id"), TableColumn("task"), TableColumn("reason", ColumnKind.TEXT)], rows
        )
    return out.getvalue().splitlines()


@given(rows=ROWS, columns=st.sampled_from([40, 80, 120]))
def test_words_are_never_cut_or_broken_on_a_terminal(rows, columns):
    """Only texts are folded, whatever the width."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        patch.setenv("TERM", "dumb")
        lines = shown(rows, out=Terminal())

    text = "\n".join(lines)
    assert all(creative_id in text and task in text for creative_id, task, _ in rows)
    if columns == 120:
        assert max(map(len, lines)) <= columns


@given(rows=ROWS)
def test_a_row_is_one_line_when_piped(rows):
    """So that grep and cut can be used, whatever the width of the terminal was."""
    lines = shown(rows, out=io.StringIO())

    assert len(lines) == 2 + len(rows)
    assert all(
        line.split(maxsplit=2) == [part for part in row if part] or row[2] in line
        for line, row in zip(lines[2:], rows, strict=True)
    )


def test_a_cell_is_no_markup_and_no_control_character():
    """A label out of somebody's file is printed as it is."""
    lines = shown([("7F3SQG1J7J", "[red]x[/red]", "a\x1b[31m\nb")], out=io.StringIO())

    assert "[red]x[/red]" in lines[2]
    assert "\x1b" not in lines[2]
    assert "a�[31m b" in lines[2]


def test_failures_are_red_on_a_terminal_and_plain_in_a_pipe(monkeypatch):
    """Each state in its own words; only what failed has a colour."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    rows = [(state_text(state), "", "") for state in JobState]

    terminal, pipe = shown(rows, out=Terminal()), shown(rows, out=io.StringIO())

    red = [line for line in terminal if "\x1b[31m" in line]
    assert len(red) == 2
    assert any("refused" in line for line in red)
    assert any("failed" in line for line in red)
    assert "\x1b" not in "".join(pipe)
