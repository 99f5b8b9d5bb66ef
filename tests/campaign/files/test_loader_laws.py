"""Laws of the loader: whatever a file holds, the answer is a value."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from tests.support.examples import examples

AT = datetime(2026, 11, 22, tzinfo=UTC)
CATALOG = load_catalog()
SOUND = """campaign: spring
edition: "{date}"
defaults: {size: 768p}
takes: 2
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  duration: [6, 10]
  prompt: [{id: a, text: "Shoe on {surface} [Push in]"}, "Boot on {surface}"]
  surface: [stone, &x asphalt]
  first_frame: [null, {id: h, file: https://cdn.example.com/h.png}]
exclude: [{model: MiniMax-Hailuo-02, duration: 10}]
include: [{model: MiniMax-Hailuo-2.3, prompt: a, duration: 6, surface: *x}]
control: {prompt: a}
budget: {usd: 4.5}
retries: {failed: 1}
"""
PIECES = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "  ",
    "null",
    "no",
    "!!x",
    "&a",
    "*a",
    "<<",
    '"',
    "\t",
    "\\",
    "\x00",
    "1e9",
    "|",
    ",",
]


@contextmanager
def _file(suffix: str, content: bytes) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"spring{suffix}"
        path.write_bytes(content)
        yield path


def _read(suffix: str, content: bytes) -> bool:
    """Whether the file has an answer: problems, or a campaign that expands."""
    with _file(suffix, content) as path:
        loaded = load_campaign(path, catalog=CATALOG, at=AT, max_jobs=500)
        expansion = expand(loaded.campaign, CATALOG) if loaded.campaign else None
        return bool(loaded.problems) or expansion is not None


@given(
    st.sampled_from([".yaml", ".csv"]),
    st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")),
)
def test_arbitrary_bytes_are_answered(suffix: str, content: bytes) -> None:
    """The loader never raises: a person's file is never a traceback."""
    assert _read(suffix, content)


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(st.integers(0, len(SOUND)), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=6))
def test_a_damaged_campaign_is_answered(start: int, length: int, piece: str) -> None:
    """Wherever a sound file is cut and patched, there is an answer."""
    text = SOUND[:start] + piece + SOUND[start + length :]

    assert _read(".yaml", text.encode("utf-8", "surrogatepass"))


@given(
    st.lists(
        st.lists(st.text(max_size=8) | st.sampled_from(["prompt", "model", "6", "{x}"]), max_size=5),
        max_size=4,
    )
)
def test_arbitrary_tables_are_answered(rows: list[list[str]]) -> None:
    """The same for spreadsheets."""
    text = "prompt,model,duration,size\n" + "\n".join(",".join(row) for row in rows)

    assert _read(".csv", text.encode("utf-8", "surrogatepass"))


def test_the_sound_file_of_these_laws_is_sound() -> None:
    """Otherwise the damage above would prove little."""
    with _file(".yaml", SOUND.encode()) as path:
        loaded = load_campaign(path, catalog=CATALOG, at=AT)

    assert (loaded.problems, loaded.campaign is not None) == ((), True)
