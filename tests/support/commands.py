"""Commands of `hailuo`, called in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hailuo.cli.main import run


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


def commands(capsys: pytest.CaptureFixture[str]) -> Command:
    """What calls a command and gives what it said."""

    def call(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(code=int(code), out=captured.out, err=captured.err)

    return call
