"""docs/how-to/command-line.md: the lines for completion work as they are written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path("docs/how-to/command-line.md").read_text()
LINES = dict(re.findall(r"^\| (\w+)[^|]*\| `[^`]+` \| `(.+)` \|$", PAGE, re.MULTILINE))
_ASKED = {
    "bash": {"COMP_WORDS": "hailuo pl", "COMP_CWORD": "1"},
    "zsh": {"COMP_WORDS": "hailuo pl", "COMP_CWORD": "1"},
    "fish": {"COMP_WORDS": "hailuo pl", "COMP_CWORD": "pl"},
}


def hailuo(**variables: str) -> str:
    """What the command prints with these variables."""
    command = [sys.executable, "-c", "from hailuo.cli import main; main()"]
    env = {**os.environ, **variables}  # noqa: TID251 (a child's)
    return subprocess.run(command, capture_output=True, text=True, env=env, check=True).stdout  # noqa: S603


def test_the_page_has_a_line_for_each_shell():
    """Those that Click knows."""
    assert sorted(LINES) == ["bash", "fish", "zsh"]


@pytest.mark.slow
@pytest.mark.parametrize("shell", sorted(LINES))
def test_the_line_names_the_variable_that_gives_the_script(shell):
    """And the script asks the command for what may follow."""
    [(variable, value)] = re.findall(r"(_HAILUO_COMPLETE)=(\w+)", LINES[shell])

    script = hailuo(**{variable: value})
    answer = hailuo(**{variable: f"{shell}_complete"}, **_ASKED[shell])

    assert f"_HAILUO_COMPLETE={shell}_complete" in script
    assert "plan" in answer


@pytest.mark.slow
def test_bash_completes_after_the_line_was_read():
    """In bash itself: the function is registered for the command."""
    folder = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}  # noqa: TID251 (a child's)
    script = f"{LINES['bash']}; complete -p hailuo"

    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=env, check=True)  # noqa: S603, S607

    assert "-F _hailuo_completion hailuo" in said.stdout
