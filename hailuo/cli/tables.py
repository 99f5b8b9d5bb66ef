"""One style for every table: readable at 80 columns, whole when piped, and ids never cut or broken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from hailuo.cli.terminal import console
from hailuo.text import printable

FAILURE: Final = "red"
_TEXT_AT_LEAST: Final = 16
_WORD_AT_MOST: Final = 30
"""Columns that a text keeps before a table becomes wider than its terminal: its longest word, within these bounds."""
_GAP: Final = 1


class ColumnKind(Enum):
    """What a column holds, and so what may happen to it where room is short."""

    WORD = auto()  # an id, a model, a state: never folded, never cut
    TEXT = auto()  # folded to several lines
    NUMBER = auto()  # as a word, at the right


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table; `footer` is under its last row."""

    name: str
    kind: ColumnKind = ColumnKind.WORD
    footer: str = ""


def show_table(
    columns: Sequence[TableColumn],
    rows: Iterable[Sequence[str | Text]],
    *,
    title: str | None = None,
    has_footer: bool = False,
) -> None:
    """Print a table. A text of a cell is printed as it is, without control characters; it is no markup.

    On a terminal that is too narrow for its words the table is wider than the terminal.
    """
    cells = [[_cell(text) for text in row] for row in rows]
    table = Table(
        title=None if title is None else Text(printable(title)),
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, _GAP, 0, 0),
        show_edge=False,
        show_footer=has_footer,
    )
    needed = 0
    for number, column in enumerate(columns):
        parts = [column.name, column.footer, *(row[number].plain for row in cells)]
        is_text = column.kind is ColumnKind.TEXT
        least = max(map(cell_len, parts))
        if is_text:
            longest_word = max(cell_len(word) for part in parts for word in part.split() or [""])
            least = min(least, max(_TEXT_AT_LEAST, min(longest_word, _WORD_AT_MOST)))
        needed += least + _GAP
        table.add_column(
            column.name,
            footer=column.footer,
            justify="right" if column.kind is ColumnKind.NUMBER else "left",
            no_wrap=not is_text,
            overflow="fold",
            min_width=least,
        )
    for row in cells:
        table.add_row(*row)
    screen = console()
    with screen.capture() as captured:
        screen.print(table, width=max(screen.width, needed), crop=False, soft_wrap=False)
    for line in captured.get().splitlines():
        click.echo(line if screen.is_terminal else line.rstrip())


def _cell(text: str | Text) -> Text:
    """The text on one line, so that a row of a piped table is one line too."""
    return text if isinstance(text, Text) else Text(printable(" ".join(text.split())))
