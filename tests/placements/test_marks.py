"""The mark of AI-made media: appended to copies, readable, in nobody's way."""

import shutil
import subprocess
from pathlib import Path

import av
import pytest

from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA, add_mark
from tests.support.marks import read_mark


@pytest.fixture
def copy(film, tmp_path: Path) -> Path:
    """A file of the test's own."""
    return Path(shutil.copy(film(), tmp_path / "copy.mp4"))


def test_a_marked_copy_says_so_and_plays_as_before(copy: Path) -> None:
    """The mark comes back, the bytes before it are the same, and every picture decodes."""
    before = copy.read_bytes()

    add_mark(copy)

    assert read_mark(copy) == TRAINED_ALGORITHMIC_MEDIA
    assert copy.read_bytes().startswith(before)
    assert len(copy.read_bytes()) - len(before) < 600
    with av.open(copy) as container:
        assert len(list(container.decode(video=0))) == 12


def test_an_unmarked_file_has_no_mark(copy: Path) -> None:
    """None is not an error."""
    assert read_mark(copy) is None


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="needs exiftool (Debian: libimage-exiftool-perl)"
)
def test_exiftool_reads_the_mark(copy: Path) -> None:
    """Another's reader finds it where the standard says."""
    add_mark(copy)

    said = subprocess.run(  # noqa: S603 (a fixed command)
        ["exiftool", "-XMP-iptcExt:DigitalSourceType", "-s3", "-n", copy],  # noqa: S607
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert said.stdout.strip() == TRAINED_ALGORITHMIC_MEDIA


@pytest.mark.parametrize("cut", [1, 20, 500])
def test_a_damaged_file_is_not_marked(copy: Path, cut: int) -> None:
    """A box after a broken box would be found by nobody."""
    copy.write_bytes(copy.read_bytes()[:-cut])

    with pytest.raises(ValueError, match="box"):
        add_mark(copy)


def test_an_empty_file_is_no_mp4(tmp_path: Path) -> None:
    """Nothing is appended to nothing."""
    (tmp_path / "empty.mp4").touch()

    with pytest.raises(ValueError, match="no mp4"):
        add_mark(tmp_path / "empty.mp4")
