"""The documents are written in short sentences, as in the documents of Stripe or Prefect."""

import re
from pathlib import Path
from statistics import median

import pytest

_MOST_WORDS = 30

_DOCUMENTS = [
    *map(Path, ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "campaigns/README.md")),
    *sorted(Path("docs").rglob("*.md")),
]

_LEFT_OUT = (
    re.compile(r"^```.*?^[ ]*```$", re.MULTILINE | re.DOTALL),  # code
    re.compile(r"^[ ]+```.*?^[ ]+```$", re.MULTILINE | re.DOTALL),  # code in a list
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"^\s*\|.*$", re.MULTILINE),  # tables
    re.compile(r"^#.*$", re.MULTILINE),  # headings
)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_CODE = re.compile(r"`[^`]*`")
_PARAGRAPH = re.compile(r"\n\s*\n|\n\s*(?:[-*]|\d+\.)\s|\A\s*[-*]\s")
_SENTENCE = re.compile(r"(?<=[.!?])[*\")]*\s+(?=[*(\"]*[A-Z0-9`\[])")


def sentences(text: str) -> list[str]:
    """The sentences of a Markdown text: a link is its words, a piece of code one word."""
    for pattern in _LEFT_OUT:
        text = pattern.sub("\n\n", text)
    text = _CODE.sub("`code`", _LINK.sub(r"[\1]", text))
    paragraphs = (" ".join(paragraph.split()) for paragraph in _PARAGRAPH.split(text))
    return [sentence for paragraph in paragraphs for sentence in _SENTENCE.split(paragraph) if sentence]


@pytest.mark.parametrize("document", _DOCUMENTS, ids=str)
def test_no_sentence_is_longer_than_thirty_words(document):
    """A reader understands each sentence at the first reading."""
    too_long = [text for text in sentences(document.read_text()) if len(text.split()) > _MOST_WORDS]

    assert not too_long


def test_most_sentences_are_short():
    """Half of them have at most 15 words, nine of ten at most 22."""
    lengths = sorted(len(text.split()) for path in _DOCUMENTS for text in sentences(path.read_text()))

    assert median(lengths) <= 15
    assert lengths[int(len(lengths) * 0.9)] <= 22


def test_sentences_are_split_where_they_end():
    """Lists, code, tables, links and headings do not hide a long sentence, and do not make one."""
    text = "# A heading\n\nOne `a b. C d` [two three](page.html). Four.\n- five\n- six. *Seven* eight?\n\n| a | b |\n\n```\ncode\n```\n"

    assert sentences(text) == ["One `code` [two three].", "Four.", "five", "six.", "*Seven* eight?"]
