"""What is written about the manifest is what the code says."""

import generate_manifest_docs

from hailuo.cli.main import cli


def test_the_data_dictionary_is_fresh() -> None:
    """Run scripts/generate_manifest_docs.py after changing a column, a judgement or a platform."""
    assert generate_manifest_docs.main(["--check"]) == 0


def test_the_page_names_commands_that_exist() -> None:
    """Readers can type what they read."""
    page = generate_manifest_docs.PAGE.read_text(encoding="utf-8")

    named = [name for name in cli.list_commands(None) if f"`hailuo {name}" in page]  # type: ignore[arg-type]  # not looked at
    assert {"manifest", "judge", "upload-plan", "conform"} <= set(named)
