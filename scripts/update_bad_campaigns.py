"""Rewrite tests/campaign/files/bad_campaigns.expected.txt: the problems of every file of tests/bad_campaigns.

Run it after changing a message or adding a kind, then read the difference before you commit it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.errors import Problem

TESTS = Path(__file__).parents[1] / "tests"
FOLDER = TESTS / "bad_campaigns"
EXPECTED = TESTS / "campaign" / "files" / "bad_campaigns.expected.txt"
_AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def kinds() -> Sequence[Path]:
    """Every deliberately bad campaign file."""
    return sorted(path for path in FOLDER.iterdir() if path.suffix in {".yaml", ".csv"})


def problems_of(path: Path, catalog: Catalog) -> Sequence[Problem]:
    """Every problem that loading and expanding the file comes upon, in order."""
    loaded = load_campaign(path, catalog=catalog, at=_AT)
    found = expand(loaded.campaign, catalog).problems if loaded.campaign else ()
    return sorted({*loaded.problems, *found})


def section(path: Path, catalog: Catalog) -> str:
    """The file's section of the snapshot, with places relative to its folder."""
    lines = [str(problem).removeprefix(f"{FOLDER}/") for problem in problems_of(path, catalog)]
    return "\n".join([f"== {path.name}", *lines]) + "\n"


def main() -> None:
    catalog = load_catalog()
    EXPECTED.write_text("\n".join(section(path, catalog) for path in kinds()), encoding="utf-8")
    print(f"wrote {EXPECTED.name}")


if __name__ == "__main__":
    main()
