"""`hailuo demo` where nothing is: the example campaign travels with the code."""

from datetime import UTC, datetime
from pathlib import Path

from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.cli.demo import examples_folder, write_example


def test_an_empty_folder_gets_the_whole_example(tmp_path: Path) -> None:
    """Campaign file, first frames and schema: what was written loads, and its jobs are the checkout's."""
    write_example(tmp_path / "campaigns")

    written = load_campaign(
        tmp_path / "campaigns" / "demo.yaml", catalog=load_catalog(), at=datetime(2026, 11, 22, tzinfo=UTC)
    )
    assert written.problems == ()
    assert (tmp_path / "campaigns" / "schema.json").is_file()


def test_what_is_there_already_is_kept(tmp_path: Path) -> None:
    """A schema or a frame of the user's is never overwritten."""
    (tmp_path / "schema.json").write_text("mine")

    write_example(tmp_path)

    assert (tmp_path / "schema.json").read_text() == "mine"
    assert (tmp_path / "demo.yaml").read_bytes() == (examples_folder() / "demo.yaml").read_bytes()
