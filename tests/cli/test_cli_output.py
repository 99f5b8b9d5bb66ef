"""What is printed while clips are rendered: no output may fail the command that prints it."""

import io
import sys

import pytest

from hailuo.cli.output import unfailing_output


class _Full(io.TextIOWrapper):
    """A file on a full disk."""

    def write(self, text: str, /) -> int:
        raise OSError(28, "No space left on device")


def closed() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.close()
    return stream


@pytest.mark.parametrize(
    ("stream", "shown"),
    [
        (io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), "Café 香水"),
        (io.TextIOWrapper(io.BytesIO(), encoding="latin-1"), "Café \\u9999\\u6c34"),
        (io.TextIOWrapper(io.BytesIO(), encoding="ascii"), "Caf\\xe9 \\u9999\\u6c34"),
        (_Full(io.BytesIO(), encoding="utf-8"), None),
        (closed(), None),
    ],
    ids=["utf-8", "latin-1", "ascii", "full", "closed"],
)
def test_no_output_fails_the_command(
    stream: io.TextIOWrapper, shown: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a terminal cannot show is escaped; what cannot be written at all is left out."""
    monkeypatch.setattr(sys, "stdout", stream)

    with unfailing_output():
        print("Café 香水")  # noqa: T201 (what is under test)
        print("after", flush=True)  # noqa: T201

    if shown is not None:
        stream.flush()
        buffer = stream.buffer
        assert isinstance(buffer, io.BytesIO)
        assert buffer.getvalue().decode(stream.encoding) == f"{shown}\nafter\n"
