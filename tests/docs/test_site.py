"""The site of docs/: every page can be reached, and every link and picture is there."""

import re
import tomllib
from pathlib import Path

import pytest

PAGES = sorted(Path("docs").rglob("*.md"))
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
_FENCE = re.compile(r"^[ ]*```.*?^[ ]*```$", re.MULTILINE | re.DOTALL)


def test_every_page_is_in_the_navigation_once():
    """A page that nothing leads to is not read."""
    text = tomllib.loads(Path("zensical.toml").read_text(encoding="utf-8"))
    named = re.findall(r"'([\w/-]+\.md)'", str(text["project"]["nav"]))

    assert sorted(named) == [str(path.relative_to("docs")) for path in PAGES]


@pytest.mark.parametrize("path", [*PAGES, Path("README.md")], ids=str)
def test_every_link_of_a_page_leads_to_a_file(path):
    """Pictures and downloads too, which the site's own check does not see. Within docs/ no link leads out of the site."""
    links = [link for link in _LINK.findall(_FENCE.sub("", path.read_text())) if ":" not in link]
    targets = [(path.parent / link).resolve() for link in links]

    assert [link for link, target in zip(links, targets, strict=True) if not target.is_file()] == []
    if path.parts[0] == "docs":
        assert [str(target) for target in targets if Path("docs").resolve() not in target.parents] == []
