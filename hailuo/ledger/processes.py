"""Which process took a grant, so that another one on the same machine can tell that it has died.

A process is named by the boot of its machine, its namespace of process ids, its id and its start, as Linux tells them in
/proc (man7.org/linux/man-pages/man5/proc_pid_stat.5.html). Where there is no /proc, nothing is named.
"""

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_START: Final = 19
"""The index of `starttime` among the fields behind the command's name, which may have blanks itself."""


def this_process() -> str | None:
    """The name of this process; None where the operating system does not tell."""
    try:
        return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"
    except OSError:
        return None


def has_died(process: str | None) -> bool:
    """Whether that process is known to be gone: it was one of this machine, and nothing runs under its name now."""
    machine, _, rest = (process or "").rpartition("/")[0].rpartition("/")
    number, start = rest, (process or "").rpartition("/")[2]
    try:
        if not machine or machine != _machine():
            return False
        return _started(int(number)) != start
    except (FileNotFoundError, ProcessLookupError):
        return True
    except (OSError, ValueError):
        return False


def _machine() -> str:
    boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"


def _started(number: int) -> str:
    stat = (_PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    return stat.rpartition(")")[2].split()[_START]
