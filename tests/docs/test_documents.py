"""The documents say what is true: every command, setting, exit code and place they name exists, and none is missing."""

import re
import tomllib
from pathlib import Path

import pytest

from hailuo.cli.main import cli
from hailuo.errors import ExitCode
from hailuo.settings import Settings, variable_of

README = Path("README.md").read_text()
ARCHITECTURE = Path("ARCHITECTURE.md").read_text()


@pytest.mark.parametrize("command", cli.list_commands(None))  # type: ignore[arg-type]  # the context is not looked at
def test_every_command_is_in_the_readme(command):
    """A command nobody can find is not there."""
    assert f"| `hailuo {command}" in README


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme_with_its_default(field):
    """The table of settings is complete, and its defaults are the code's."""
    default = Settings.model_fields[field].default
    row = next(line for line in README.splitlines() if line.startswith(f"| `{variable_of(field)}` |"))

    shown = row.split("|")[2].strip().strip("`")
    assert shown == ("none" if default is None else str(default))


def test_every_exit_code_is_in_the_readme():
    """Scripts rely on them."""
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)] == [
        int(code) for code in ExitCode
    ]


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`(hailuo/[a-z_/]+\.(?:py|yaml))`", ARCHITECTURE))))
def test_every_file_that_the_architecture_names_exists(place):
    """The map is of this house."""
    assert Path(place).is_file()


def test_every_module_of_the_house_is_on_the_map():
    """A new room is drawn in when it is built."""
    house = ARCHITECTURE.split("```")[1]
    rooms = {path.stem for path in Path("hailuo").iterdir() if path.suffix == ".py" or path.is_dir()}

    assert not [room for room in rooms - {"__init__", "__pycache__"} if not re.search(rf"\b{room}\b", house)]


def test_the_newest_heading_of_the_changelog_is_the_version():
    """One version, in pyproject.toml; the changelog follows it."""
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(\d[^\]]*)\]", Path("CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == version


def test_constraints_name_exact_versions_and_no_address():
    """A fresh machine gets the same set, from whatever registry it has."""
    lines = Path("constraints.txt").read_text().splitlines()

    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+]+", line)] == []
