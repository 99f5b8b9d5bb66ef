"""The cells of a sheet."""

from datetime import date, datetime, time

SheetCell = str | float | int | date | None


def as_text(cell: SheetCell) -> str:
    """A cell as text, without the blanks and invisible marks around it."""
    match cell:
        case None:
            return ""
        case str():
            return cell.strip(" \t\r\n\0\u00a0\u202f\u200b\u200e\u200f\ufeff")
        case datetime() | date() | time():
            return cell.isoformat()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case _:
            return str(cell)
