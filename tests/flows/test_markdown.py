"""No text of a user or of the vendor acts as markup in the Prefect UI."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hailuo.flows.ui.markdown import inert

HOSTILE = [
    "![x](http://127.0.0.1:1/pixel.png)",
    "[click](http://e.example/a)",
    "<img src=x onerror=alert(1)>",
    "<a href='x'>y</a> <!-- -->",
    "<http://e.example>",
    "see https://e.example/a and www.e.example",
    "[ref]: http://e.example",
    "&lt;img src=x&gt;",
    "# title",
    "- item",
    "1. item",
    "> quote",
    "+ item",
    "2) item",
    "***",
    "- - -",
]
PIECES = st.sampled_from(
    [*HOSTILE, "![", "](", "<", "!", "[", "]", "(", ")", "//", ":", "http", "www.", " ", "\n", "x"]
)


def _live(text: str) -> list[str]:
    """What a Markdown page would make of it beyond a paragraph of text."""
    kinds = {"paragraph_open", "paragraph_close", "inline", "text", "em_open", "em_close", "strong_open"}
    kinds |= {"strong_close", "code_inline", "softbreak", "hardbreak"}
    tokens = MarkdownIt("commonmark").parse(text)
    return [
        token.type
        for token in [*tokens, *(c for t in tokens for c in t.children or [])]
        if token.type not in kinds
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_shows_hostile_text_as_it_was_written(text: str) -> None:
    """Neither of the two UIs makes a link, a picture, a tag or a heading of it."""
    shown = inert(text)

    assert _live(shown) == []
    assert "://" not in shown
    assert "www." not in shown
    assert shown.replace("\u200b", "") == text.strip()


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_text_makes_a_cell_live(text: str) -> None:
    """However the pieces are put together."""
    shown = inert(text)

    assert _live(shown) == []
    assert "://" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "launch-6s-1080p_a.b (1)",
        "6 s, 1920x1080",
        "$0.28",
        "in doubt",
        "2.98 % (2.79 % to 3.18 %)",
        "-5",
        "3",
        "Bottle, 50 % off",
    ],
)
def test_ordinary_text_is_not_touched(text: str) -> None:
    """You can copy an id or a price out of a cell."""
    assert inert(text) == text


def test_every_table_is_made_in_one_place() -> None:
    """Prefect's own function is called where the cells are made inert, and nowhere else."""
    calls = [
        path.as_posix()
        for path in Path("hailuo/flows").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("create_table_artifact")
    ]

    assert calls == ["hailuo/flows/ui/markdown.py"]
