"""What a benchmark writes into a document: a table in Markdown, and its section between two markers."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown, figures to the right; nothing without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", "| --- " + "| ---: " * (len(head) - 1) + "|", *lines])


def write_section(path: Path, text: str, *, mark: str) -> None:
    """Put the section between its markers, else at the end; what others wrote there stays."""
    start, end = f"<!-- {mark}:start -->", f"<!-- {mark}:end -->"
    old = path.read_text(encoding="utf-8") if path.exists() else "# Proof\n"
    new = f"{start}\n{text.strip()}\n{end}"
    before, started, rest = old.partition(start)
    _, ended, after = rest.partition(end)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = f"{before}{new}{after}" if started and ended else f"{old.rstrip()}\n\n{new}\n"
    path.write_text(whole, encoding="utf-8")


def show_section(text: str, path: Path | None, *, mark: str) -> None:
    """Print the section; write it too where a document is named."""
    print(text)
    if path:
        write_section(path, text, mark=mark)
