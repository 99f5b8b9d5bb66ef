"""Every document that code or another document cites is in the repository, and so is the section it names."""

import re
from collections import Counter
from pathlib import Path

import pytest

_EXTERNAL = {"video-api.md"}  # a source in the catalog: MiniMax's document
_MADE_BY_TESTS = {"marked.md", "plain.md"}

_CITATION = re.compile(r"(?<![\w./-])((?:\.\./)*(?:[\w-]+/)*[\w-]+\.md)(#[\w-]+)?")
_OWN_SECTION = re.compile(r"\]\((#[\w-]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)

_FOLDERS = ("benchmarks", "campaigns", "deploy", "docs", "flows", "hailuo", "scripts", "tests")
_KINDS = {".md", ".py", ".toml", ".yaml", ".js", ".html", ".css", ".json", ".example", ""}


def _texts() -> list[Path]:
    inside = (
        path for folder in _FOLDERS for path in Path(folder).rglob("*") if "node_modules" not in path.parts
    )
    return sorted(path for path in (*Path().iterdir(), *inside) if path.is_file() and path.suffix in _KINDS)


def _citations() -> list[tuple[str, str, str]]:
    """(citing file, cited document, "#section" or ""), once each."""
    found = set()
    for path in _texts():
        text = path.read_text(errors="replace")
        found |= {(str(path), *match) for match in _CITATION.findall(text)}
        if path.suffix == ".md":
            found |= {(str(path), path.name, section) for section in _OWN_SECTION.findall(text)}
    return sorted(citation for citation in found if Path(citation[1]).name not in _EXTERNAL | _MADE_BY_TESTS)


def _document(citing: str, cited: str) -> Path | None:
    """The cited file: by its path from the citing file or from the repository. Code may also name a page within docs/."""
    places = [Path(citing).parent / cited, Path(cited)]
    if Path(citing).suffix != ".md":
        places += [Path("docs") / cited, *Path("docs").rglob(cited)]
    return next((place for place in places if place.is_file()), None)


def _sections(document: Path) -> set[str]:
    """The anchors that GitHub gives a document's headings."""
    seen: Counter[str] = Counter()
    anchors = set()
    for heading in _HEADING.findall(_FENCE.sub("", document.read_text())):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        anchors.add(f"#{slug}-{seen[slug]}" if seen[slug] else f"#{slug}")
        seen[slug] += 1
    return anchors


@pytest.mark.parametrize(("citing", "cited", "section"), _citations())
def test_a_cited_document_is_in_the_repository(citing, cited, section):
    """A reader who follows a citation finds the document and the section."""
    document = _document(citing, cited)

    assert document, f"{citing} cites {cited}, which is not in the repository"
    assert not section or section in _sections(document), f"{citing} cites {cited}{section}: no such section"


@pytest.mark.slow
def test_citations_are_found():
    """The search sees code, data, documents and sections."""
    citing = {Path(name).suffix for name, _, _ in _citations()}

    assert {".py", ".toml", ".yaml", ".md"} <= citing
    assert any(section for _, _, section in _citations())
