"""Every deliberately bad campaign file says what is wrong, where, and what to do: a page for people to read."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from hailuo.campaign.files import load_catalog

_SCRIPT = Path(__file__).parents[3] / "scripts" / "update_bad_campaigns.py"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_bad_campaigns", _SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = _script()
KINDS: list[Path] = list(SCRIPT.kinds())
EXPECTED: str = SCRIPT.EXPECTED.read_text(encoding="utf-8")
SECTIONS = set(re.split(r"\n(?=== )", EXPECTED))


@pytest.mark.parametrize("path", KINDS, ids=lambda path: path.name)
def test_a_bad_file_is_reported_in_these_words(path: Path) -> None:
    """Rewrite with scripts/update_bad_campaigns.py, and read the difference."""
    section = SCRIPT.section(path, load_catalog())

    assert section in SECTIONS


@pytest.mark.parametrize("path", KINDS, ids=lambda path: path.name)
def test_every_problem_has_place_reason_and_remedy(path: Path) -> None:
    """Each problem says where it is, why, and what to do."""
    problems = SCRIPT.problems_of(path, load_catalog())

    assert problems
    assert all(problem.reason and problem.remedy for problem in problems)
    assert all(Path(problem.place.file).parent in (path.parent, path.parent / "rows") for problem in problems)


def test_the_page_holds_every_kind_and_no_other() -> None:
    """A kind that was removed leaves the page too; there are plenty."""
    listed = re.findall(r"^== (.*)$", EXPECTED, flags=re.MULTILINE)

    assert listed == [path.name for path in KINDS]
    assert len(listed) >= 30
