"""Read any sheet that people bring as rows of cells: CSV and its cousins, workbooks. Campaigns and exports share it."""

from hailuo.sheets.archives import is_packed, unpacked
from hailuo.sheets.cells import SheetCell, as_text
from hailuo.sheets.delimited import decoded, rows_of_text
from hailuo.sheets.headers import currency_in, key_of
from hailuo.sheets.kinds import UnreadKind, unread_kind
from hailuo.sheets.problems import UnreadableSheetError
from hailuo.sheets.workbook import is_workbook, sheets_of_workbook

__all__ = [
    "SheetCell",
    "UnreadKind",
    "UnreadableSheetError",
    "as_text",
    "currency_in",
    "decoded",
    "is_packed",
    "is_workbook",
    "key_of",
    "rows_of_text",
    "sheets_of_workbook",
    "unpacked",
    "unread_kind",
]
