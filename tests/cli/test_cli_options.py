"""Options: a slip never leads to one that spends."""

import re
from typing import Final

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.cli.main import NEVER_OFFERED, cli, without_spending

OPTIONS: Final = [
    (command, name)
    for command in cli.list_commands(None)  # type: ignore[arg-type]  # the context is not looked at
    for option in cli.get_command(None, command).params  # type: ignore[arg-type, union-attr]  # as above
    for name in option.opts
    if name.startswith("--")
]
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz-"


@st.composite
def slips(draw: st.DrawFn, of: str) -> str:
    """An option with one to three characters left out, added or replaced; never a prefix of its dashes."""
    text = of
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(2, max(2, len(text) - 1)))
        cut = draw(st.integers(0, 1))
        text = text[:at] + draw(st.text(_LETTERS, max_size=1)) + text[at + cut :]
    return text


def offered(command: str, option: str) -> set[str]:
    """The options that the refusal of an unknown one names."""
    with pytest.raises(click.NoSuchOption) as refused:
        cli.main([command, option], prog_name="hailuo", standalone_mode=False)
    return set(re.findall(r"'(--?[\w-]+)'", without_spending(refused.value).format_message())) - {option}


@given(data=st.data())
def test_a_slip_is_never_answered_with_an_option_that_spends(data):
    """Near every option of every command, and near those that spend."""
    command = data.draw(st.sampled_from(sorted({command for command, _ in OPTIONS})))
    known = [name for of, name in OPTIONS if of == command]
    option = data.draw(st.sampled_from([*known, *sorted(NEVER_OFFERED - {"-y"}), "--takes"]).flatmap(slips))
    if option.rstrip("-") == "" or option in {*known, "--help", "--"}:
        return

    assert offered(command, option) & NEVER_OFFERED == set()


def test_other_slips_still_get_their_answer(hailuo):
    """The nearest option is offered where it neither spends nor skips a question."""
    said = hailuo("run", "x.yaml", "--editon", "one")

    assert said.code == 2
    assert "Did you mean '--edition'?" in said.err


@pytest.mark.parametrize(
    ("slip", "answer"),
    [
        ("statsu", "'statsu'. Did you mean 'status'?"),
        ("upload_plan", "'upload_plan'. Did you mean 'upload-plan'?"),
        ("nothing-like-it", "'nothing-like-it'.\n"),
    ],
)
def test_a_slip_in_a_command_names_the_nearest(hailuo, slip, answer):
    """Where one is near."""
    said = hailuo(slip)

    assert said.code == 2
    assert said.err.endswith(f"No such command {answer}".rstrip() + "\n")


@pytest.mark.parametrize("slip", ["--takes", "--yess", "--ye", "--new-stor", "--plans", "--budge", "--yes-"])
def test_the_refusal_names_only_what_was_typed(hailuo, slip):
    """Also in what is printed."""
    said = hailuo("run", "x.yaml", slip)

    assert said.code == 2
    assert set(re.findall(r"'(--?[\w-]+)'", said.err)) & NEVER_OFFERED == {slip} & NEVER_OFFERED


def test_every_option_that_skips_a_question_is_never_offered():
    """A new one is added to the list, by what its help says."""
    skipping = {
        name
        for command in cli.list_commands(None)  # type: ignore[arg-type]  # the context is not looked at
        for option in cli.get_command(None, command).params  # type: ignore[arg-type, union-attr]  # as above
        if isinstance(option, click.Option) and re.search(r"\bask(ing)?\b", option.help or "", re.IGNORECASE)
        for name in option.opts
    }

    assert {"-y", "--yes", "--plan"} <= skipping <= NEVER_OFFERED
