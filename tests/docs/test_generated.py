"""The generated parts of docs/ are as the code makes them, and none is missing."""

import re
from pathlib import Path
from typing import Any

import pytest

from hailuo.campaign.files import campaign_schema
from hailuo.campaign.files.schema import CampaignFile
from hailuo.cli.main import cli
from hailuo.media.verdict import Code
from hailuo.settings import Settings, variable_of
from scripts import generate_reference

PAGES = sorted(Path("docs").rglob("*.md"))


def _page(name: str) -> str:
    return Path("docs/reference", name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_the_generated_parts_of_a_page_are_fresh(path):
    """After a change of the code: `make schema`."""
    page = path.read_text(encoding="utf-8")

    assert page == generate_reference.rendered(page)


def test_every_generated_part_has_its_page():
    """A table that no page shows is not written for anybody."""
    marks = [mark for path in PAGES for mark in re.findall(r"<!-- ([\w-]+): written by", path.read_text())]

    assert sorted(marks) == sorted(generate_reference.PARTS)


def test_every_key_of_a_campaign_file_is_documented():
    """Those that the reader takes, at the top and in each section."""
    page = _page("campaign-file.md")
    schema: dict[str, Any] = campaign_schema()
    definitions = schema["$defs"]
    for names in ("Models", "Fallbacks"):
        del definitions[names]["properties"]  # the names of models: models.md has them
    sections = [schema, *definitions.values()]
    keys = {key for section in sections for key in section.get("properties", {})}
    taken = {field.alias or name for name, field in CampaignFile.model_fields.items()}

    assert taken <= keys
    assert [key for key in sorted(keys) if f"| `{key}` |" not in page] == []


def test_every_command_setting_and_code_is_documented():
    """What can be typed, set or read has its row."""
    commands, settings, checks = _page("commands.md"), _page("settings.md"), _page("checks.md")

    assert [name for name in cli.list_commands(None) if f"## hailuo {name}\n" not in commands] == []  # type: ignore[arg-type]  # the context is not looked at
    assert [name for name in Settings.model_fields if f"| `{variable_of(name)}` |" not in settings] == []
    assert [code for code in Code if f"| `{code}` |" not in checks] == []
