"""What the tests of all stores share."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.store.contract")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip as it was downloaded."""
    path = tmp_path / "downloads" / "clip.mp4"
    path.parent.mkdir()
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 100)
    return path
