"""What is written about the manifest is what the code says."""

from pathlib import Path

from hailuo.cli.main import cli

PAGE = Path("docs/reference/manifest.md")


def test_the_page_names_commands_that_exist() -> None:
    """Readers can type what they read."""
    page = PAGE.read_text(encoding="utf-8")

    named = [name for name in cli.list_commands(None) if f"`hailuo {name}" in page]  # type: ignore[arg-type]  # not looked at
    assert {"manifest", "judge", "upload-plan", "conform"} <= set(named)
