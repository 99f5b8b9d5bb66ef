"""Create-once among real processes, without a lock."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

RACERS, KEYS = 16, 50


def _start(root: Path, name: int) -> subprocess.Popen[str]:
    racer = Path(__file__).with_name("racer.py")
    command = [sys.executable, str(racer), str(root), str(name), str(KEYS)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own script)


@pytest.mark.slow
def test_every_key_has_one_creator_among_16_processes(tmp_path: Path) -> None:
    """Sixteen runs of one edition overlap: each job is bought by exactly one of them."""
    racers = [_start(tmp_path, name) for name in range(RACERS)]
    assert {racer.stdout.readline() for racer in racers if racer.stdout} == {"ready\n"}

    for racer in racers:
        print("go", file=racer.stdin, flush=True)
    told = [racer.communicate()[0].split() for racer in racers]

    creators = Counter(number for won in told for number in won)
    lies = {str(n): tmp_path.joinpath("race", str(n)).read_text() for n in range(KEYS)}
    assert creators == Counter(map(str, range(KEYS)))
    assert lies == {number: str(name) for name, won in enumerate(told) for number in won}
    assert not any(racer.returncode for racer in racers)
