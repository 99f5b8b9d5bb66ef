"""Write the tables of docs/reference/manifest.md and docs/reference/judgements.schema.json from the code; --check only compares (for CI)."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from hailuo.publish.manifest import COLUMN_TABLE, Column, judgement_schema
from hailuo.publish.uploads import platforms

DOCS = Path(__file__).parents[1] / "docs" / "reference"
PAGE = DOCS / "manifest.md"
SCHEMA = DOCS / "judgements.schema.json"
_WRITTEN = "written by scripts/generate_manifest_docs.py"


def columns() -> Iterable[str]:
    """The data dictionary."""
    yield "| column | kind | unit | null? | what it is |"
    yield "| --- | --- | --- | --- | --- |"
    for column in COLUMN_TABLE:
        null = "never" if column.required else ""
        yield f"| `{column.name}` | {column.kind} | {column.unit} | {null} | {_about(column)} |"


def disclosure() -> Iterable[str]:
    """What each platform wants to be told."""
    yield "| platform | field | value | source | checked |"
    yield "| --- | --- | --- | --- | --- |"
    for platform in platforms().values():
        told = platform.disclosure
        cells = (f"`{told.field}`", f"`{told.value}`", told.source) if told else ("none known", "", "")
        yield f"| {platform.title} | {' | '.join(cells)} | {platform.checked} |"


def rendered(page: str) -> str:
    """The page with its tables anew."""
    for name, lines in (("columns", columns()), ("disclosure", disclosure())):
        before, opening, rest = page.partition(f"<!-- {name}: {_WRITTEN} -->\n")
        _, closing, after = rest.partition(f"<!-- /{name} -->")
        page = "".join([before, opening, *(f"{line}\n" for line in lines), closing, after])
    return page


def main(arguments: list[str]) -> int:
    schema = json.dumps(judgement_schema(), indent=2, ensure_ascii=False) + "\n"
    wanted = {PAGE: rendered(PAGE.read_text(encoding="utf-8")), SCHEMA: schema}
    if "--check" not in arguments:
        for path, text in wanted.items():
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.name}")
        return 0
    stale = [
        path.name for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text
    ]
    for name in stale:
        print(f"docs/reference/{name} is stale; run: python scripts/generate_manifest_docs.py")
    return 1 if stale else 0


def _about(column: Column) -> str:
    words = ": " + ", ".join(f"`{word}`" for word in column.words) if column.words else ""
    bounds = " ({} to {})".format(*column.bounds) if column.bounds else ""
    return f"{column.about}{words}{bounds}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
