"""What a real terminal shows: the questions of `hailuo init`, and tables within 80 columns."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.terminal import Terminal, terminal

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal of 80 columns in an empty folder."""
    here = tmp_path / "Spring Shoes"
    here.mkdir()
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with terminal(here, {"PATH": path}) as one:
        one.type("stty cols 80")
        yield one


def test_init_asks_what_was_not_named(screen: Terminal) -> None:
    """Each question has a default; what was named is not asked."""
    said = screen.type(
        "hailuo init --store ./clips",
        answers=[
            (r"Name of the campaign \[spring-shoes\]: ", "summer"),
            (r"What the clips show \[.+\]: ", "A straw hat"),
            (r"Budget in US dollars \[10\]: ", ""),
        ],
    )

    assert "next: hailuo plan campaigns/summer.yaml" in said
    assert "A straw hat on {surface}" in screen.type("cat campaigns/summer.yaml")
    assert 'store = "./clips"' in screen.type("cat hailuo.toml")


def test_tables_fit_into_80_columns(screen: Terminal) -> None:
    """Every clip is listed by its whole id, and no model's name is broken."""
    screen.type("hailuo init spring --yes --model MiniMax-Hailuo-2.3 --takes 2")

    said = screen.type("hailuo plan campaigns/spring.yaml --clips")

    table = said.partition("\nclips\n")[2].partition("a run would be refused")[0]
    assert len(re.findall(r"^[0-9A-HJKMNP-TV-Z]{10} +MiniMax-Hailuo-2\.3 ", table, re.MULTILINE)) == 8
    assert max(map(len, table.splitlines())) <= 80


def test_in_a_pipe_a_clip_is_one_line(screen: Terminal) -> None:
    """Whatever the terminal's width."""
    screen.type("hailuo init spring -y")

    said = screen.type("hailuo plan campaigns/spring.yaml --clips 2>&1 | grep -cE '^[0-9A-Z]{10} .*to buy$'")

    assert said.strip() == "8"
