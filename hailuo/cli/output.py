"""Standard output that may break: a full disk, a closed terminal, a pipe whose reader has left."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO


class _UnfailingStream:
    """A stream of this process whose writes cannot fail: after the first failure it leads nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:  # a terminal that cannot show a name or a vendor's words
            encoding = self._stream.encoding or "ascii"
            return self.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except (OSError, ValueError):  # ValueError: the stream is closed
            lead_nowhere(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            lead_nowhere(self._stream)


def lead_nowhere(stream: TextIO) -> None:
    """Let a broken stream write to nothing, so that its buffer can be emptied when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


@contextlib.contextmanager
def unfailing_output() -> Iterator[None]:
    """Let nothing that is printed in this block fail: a full disk, a closed terminal and `| head` cost only the text."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _UnfailingStream(out), _UnfailingStream(err)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = out, err
