"""A real terminal with a shell in it: commands are typed, questions answered, and the screen is read as people see it."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pexpect  # type: ignore[import-untyped]  # it has no types
import pyte

COLUMNS: Final = 100
_SHOWN: Final = (1_000, 2_000)
"""Columns and rows of the emulated screen: so many that no line is folded, and nothing scrolls away."""
_PROMPT: Final = "[ready] "
_PATIENCE_SECONDS: Final = 600


class Terminal:
    """One shell. What it shows is emulated by pyte, so that progress which repaints itself reads as it ends."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._shell = pexpect.spawn(
            "/bin/bash",
            ["--norc", "--noprofile"],
            cwd=str(folder),
            env={**environment, "PS1": _PROMPT, "TERM": "xterm", "NO_COLOR": "1"},
            dimensions=(50, COLUMNS),
            encoding="utf-8",
            echo=False,
            timeout=_PATIENCE_SECONDS,
        )
        self._shell.expect_exact(_PROMPT)

    @property
    def pid(self) -> int:
        """The shell's process."""
        pid: int = self._shell.pid
        return pid

    def type(self, command: str, *, answers: Sequence[tuple[str, str]] = ()) -> str:
        """Type a command, answer its questions in order, and give what the screen shows when it has ended."""
        self._shell.sendline(command)
        seen = ""
        for question, answer in answers:
            self._shell.expect(question)
            seen += self._shell.before + self._shell.match.group(0) + answer + "\r\n"
            self._shell.sendline(answer)
        self._shell.expect_exact(_PROMPT)
        return _as_shown(seen + self._shell.before)

    def start(self, command: str, *, until: str) -> str:
        """Type a command and wait for what it prints; it goes on. Gives what it has shown so far."""
        self._shell.sendline(command)
        self._shell.expect(until)
        return _as_shown(self._shell.before + self._shell.match.group(0))

    def finish(self) -> str:
        """Wait until the command that was started has ended."""
        self._shell.expect_exact(_PROMPT)
        return _as_shown(self._shell.before)

    def exit_code(self) -> int:
        """Of the last command."""
        return int(re.sub(r"\D", "", self.type("echo $?")))

    def close(self) -> None:
        """End the shell."""
        self._shell.close(force=True)


def _as_shown(raw: str) -> str:
    screen = pyte.Screen(*_SHOWN)
    pyte.Stream(screen).feed(raw)
    # Only the cells that were written: `screen.display` looks at two million, for a second of computing.
    rows = (screen.buffer[y] for y in range(max(screen.buffer, default=-1) + 1))
    lines = ("".join(row[x].data for x in range(max(row, default=-1) + 1)) for row in rows)
    return "\n".join(line.rstrip() for line in lines).rstrip()


@contextmanager
def terminal(folder: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """A terminal while the block runs; `environment` is laid over a bare one."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251 (a shell needs them)
    one = Terminal(folder, {**bare, **environment})
    try:
        yield one
    finally:
        one.close()
