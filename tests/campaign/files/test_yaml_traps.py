"""A text that YAML would cut or take for structure is refused, with the line as it should be."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.files import LoadedCampaign, load_campaign, load_catalog
from hailuo.campaign.prompt import clean

CATALOG = load_catalog()
HEAD = "campaign: spring\nmatrix:\n  model: [MiniMax-Hailuo-02]\n  duration: [6]\n  size: [768p]\n"


def load(body: str) -> LoadedCampaign:
    """A campaign with this end of its matrix, from line 6 on."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return load_campaign(Path("spring.yaml"), catalog=CATALOG, at=at, text=HEAD + body)


def prompts(loaded: LoadedCampaign) -> list[object]:
    """The prompts of a file without problems."""
    assert loaded.problems == ()
    assert loaded.campaign
    axes = (axis for grid in loaded.campaign.grids for axis in grid.axes)
    return [level.value for axis in axes if axis.name == "prompt" for level in axis.levels]


TRAPS = {
    "comment": ("    - Bottle #3 on stone", '- "Bottle #3 on stone"'),
    "comment-one-word": ("    - Bottle #3", '- "Bottle #3"'),
    "comment-key": ("    - id: a\n      text: Schöne Bottle #3", 'text: "Schöne Bottle #3"'),
    "comment-flow": ("    - {id: a, text: Bottle #3 on}", '- {id: a, text: "Bottle #3 on"}'),
    "colon": ("    - Bottle: slow orbit", '- "Bottle: slow orbit"'),
    "colon-key": ("    - id: a\n      text: Bottle: slow", 'text: "Bottle: slow"'),
    "colon-two": ("    - Bottle: slow: orbit", '- "Bottle: slow: orbit"'),
    "colon-quotes": ('    - id: a\n      text: Say "hi": slow', "text: 'Say \"hi\": slow'"),
    "bracket": ("    - [Pan left] Bottle", '- "[Pan left] Bottle"'),
    "bracket-alone": ("    - [Pan left]", '- "[Pan left]"'),
    "bracket-key": ("    - id: a\n      text: [Pan left] Bottle", 'text: "[Pan left] Bottle"'),
    "brace": ("    - text: {surface} bottle", '- text: "{surface} bottle"'),
    "brace-alone": ("    - text: {surface}", '- text: "{surface}"'),
    "comma-in-braces": ("    - {id: a, text: Bottle, slow}", '- {id: a, text: "Bottle, slow"}'),
    "quote-inside": ("    - 'Bottle's stone'", '- "Bottle\'s stone"'),
    "quote-part": ('    - "Bottle" on stone', "- '\"Bottle\" on stone'"),
    "at": ("    - @brand bottle", '- "@brand bottle"'),
    "percent": ("    - id: a\n      text: %50 off", 'text: "%50 off"'),
    "exclamation": ("    - id: a\n      text: ! Bottle", 'text: "! Bottle"'),
    "curly": ("    - “Bottle on stone”", '- "Bottle on stone"'),
    "colon-curly": ("    - she said: “hi”", '- "she said: “hi”"'),
    "curly-colon": ("    - “Bottle: slow”", '- "Bottle: slow"'),
}


@pytest.mark.parametrize(("lines", "remedy"), TRAPS.values(), ids=TRAPS.keys())
def test_a_trap_is_refused_with_the_line_as_it_should_be(lines: str, remedy: str) -> None:
    """The error names the line to correct, and the corrected file is read."""
    problems = load(f"  prompt:\n{lines}\n").problems

    last = lines.count("\n") + 7
    assert [problem.place.line for problem in problems if remedy in problem.remedy][:1] == [last]
    mended = re.sub(r"(\s*).*$", lambda found: f"{found[1]}{remedy}", lines.rpartition("\n")[2], count=1)
    before = lines.rpartition("\n")[0]
    uses = "    - 'in {surface}'"
    assert len(prompts(load(f"  surface: [stone]\n  prompt:\n{uses}\n{before}\n{mended}\n"))) == 2


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("  prompt: [Bottle on stone, slow orbit]", 'prompt: ["Bottle on stone, slow orbit"]'),
        ("  prompt: [“Bottle on stone, slow orbit”]", 'prompt: ["Bottle on stone, slow orbit"]'),
        ("  prompt: [Bottle #3 on stone]", 'prompt: ["Bottle #3 on stone"]'),
        ("  prompt: Bottle on stone, slow", 'prompt: ["Bottle on stone, slow"]'),
    ],
)
def test_a_prompt_in_brackets_is_not_cut_by_its_comma(line: str, remedy: str) -> None:
    """Half a prompt would be bought twice."""
    problems = load(f"{line}\n").problems

    assert any(remedy in problem.remedy for problem in problems)
    assert prompts(load(f"  {remedy}\n"))


@pytest.mark.parametrize(
    "line",
    [
        "  prompt: [Shoe on stone, Boot on sand]",
        '  prompt: ["a shoe on stone", "a boot on sand"]  # two',
        "  prompt: [shoe, boot]",
        "  prompt: [Shoe on stone, Boot on sand]  # two prompts",
        "  prompt:\n    - Shoe  # the first\n    # Boot #3\n    - 'Boot #3: [new]'",
        "  prompt:\n    - text: >\n        Bottle #3: [x]\n    - 'It''s'",
        "  prompt:\n    - Shoe 10:30 at C:\\temp, x#y",
    ],
)
def test_comments_and_quoted_texts_are_left_alone(line: str) -> None:
    """A comment after one word or after a quote cuts nothing."""
    assert prompts(load(f"{line}\n"))


_TEXT = st.text(st.sampled_from("ab C,:#[]{}'\"&*!|>%@`- “”’"), min_size=1, max_size=14)


@given(_TEXT)
def test_an_unquoted_prompt_is_sent_whole_or_refused(text: str) -> None:
    """Whatever is written after `text: `, no part of it is bought."""
    loaded = load(f"  prompt:\n    - id: a\n      text: {text}\n")
    if loaded.problems or loaded.campaign is None:
        return
    sent = prompts(loaded)

    whole = text.strip()
    assert sent in ([clean(whole)], [clean(whole[1:-1].replace("''", "'"))]) or whole[:1] in "|>"


def test_a_comma_in_a_row_of_include_is_explained() -> None:
    """It begins a new key, which no prompt asks for."""
    row = "include:\n  - {prompt: Bottle on stone, slow orbit, model: MiniMax-Hailuo-02, duration: 6, size: 768p}\n"
    at = datetime(2026, 11, 22, tzinfo=UTC)

    problems = load_campaign(Path("s.yaml"), catalog=CATALOG, at=at, text=f"campaign: s\n{row}").problems

    assert [problem.remedy for problem in problems] == ["enclose the whole text in quotes"]


def test_a_name_before_a_text_that_nothing_uses_is_refused() -> None:
    """It would be cut off the text."""
    [problem] = load("  prompt:\n    - &brand Bottle\n").problems

    assert problem.reason == "YAML drops &brand, a name for a text that nothing uses"
