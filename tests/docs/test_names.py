"""Names and words: a class name stands for one class, and the code speaks the field's own words."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "hailuo").rglob("*.py"))
TEXTS = [
    *SOURCES,
    *(path for kind in ("*.toml", "*.js", "*.html") for path in sorted((ROOT / "hailuo").rglob(kind))),
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "prefect.yaml",
]
PRIVATE_WORDS = "told|wish|wishes|stands|nobody|yardstick|entrants?|purse|books|strays?|heard"
_WORD = re.compile(rf"(?<![A-Za-z])(?:{PRIVATE_WORDS})(?![A-Za-z])", re.IGNORECASE)
# Published JSON keys, and ordinary English: told apart, stands out, cannot be heard.
_ALLOWED = re.compile(r'"(?:told|nobody|wish)"|told (?:apart|from)|stands[ _]out|cannot be heard')


@pytest.mark.slow
def test_a_class_name_stands_for_one_class():
    """A reader who searches for a class finds it, and nothing else."""
    places = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_code_and_documents_use_the_words_of_the_field():
    """A purse, a wish or a stray means something only to whoever wrote it; CONTRIBUTING.md has the words we use."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if _WORD.search(_ALLOWED.sub("", line))
    ]

    assert found == []


@pytest.mark.slow
def test_only_the_state_of_a_job_is_called_unknown():
    """Elsewhere the name says what is not known: a price, a disclosure, a check."""
    found = [
        (str(path.relative_to(ROOT)), node.name)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == "UNKNOWN" for t in line.targets)
    ]

    assert found == [("hailuo/ledger/facts.py", "JobState")]
