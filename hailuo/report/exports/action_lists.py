"""Meta's lists of actions in the cells of a CSV, as tools save an answer of the API: a column for each action."""

import ast
import json
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from hailuo.report.cells import ValueColumn
from hailuo.report.exports.data_rows import is_null
from hailuo.report.exports.records import actions
from hailuo.report.exports.sheet import ExportSheet
from hailuo.sheets import SheetCell, as_text

_MARK: Final = "action_type"


def with_action_lists(sheet: ExportSheet) -> ExportSheet:
    """The sheet with `actions:link_click` and the like in place of columns whose cells are lists of actions."""
    columns = list(sheet.columns)
    widths = sheet.widths.copy()
    for index, column in enumerate(sheet.columns):
        if not any(_is_list(cell) for cell in column.distinct):
            continue
        first = int(np.flatnonzero(column.where(_is_list))[0])
        titles = [
            row
            for row in range(first)
            if not is_null(column[row]) and not as_text(column[row]).startswith("[")
        ]
        if not titles:
            continue
        header = titles[-1]
        lists = column.map(partial(_read, as_text(column[header])))
        columns[index] = _column([None] * len(sheet))
        for title in dict.fromkeys(title for some in lists.distinct for title, _ in some):
            cells = [dict(some).get(title) for some in lists.array()]
            cells[header] = title
            columns.append(_column(cells))
        full = widths >= widths[header]
        widths = np.where(full, len(columns), widths)
    return replace(sheet, columns=tuple(columns), widths=widths)


def _column(cells: list[SheetCell]) -> ValueColumn[SheetCell]:
    return ValueColumn.of(cells)


def _is_list(cell: SheetCell) -> bool:
    return isinstance(cell, str) and cell.lstrip().startswith("[") and _MARK in cell


def _read(name: str, cell: SheetCell) -> tuple[tuple[str, SheetCell], ...]:
    """Pairs of `name:action_type` and value; none for a cell that is no list."""
    if not _is_list(cell):
        return ()
    try:
        found: Any = json.loads(str(cell))  # Any: of a cell
    except json.JSONDecodeError:
        try:
            found = ast.literal_eval(str(cell))  # as Python prints it
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return ()
    return tuple(actions(name, found).items()) if isinstance(found, list) else ()
