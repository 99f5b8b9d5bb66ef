"""The table and the words around it, and their place in docs/evidence/proof.md."""

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from benchmarks.race.orders import DOWNLOAD_FAULTS, POLL_FAULTS, SUBMIT_FAULTS
from benchmarks.race.tally import Tally
from hailuo.simulator import FAULTS, FaultName

MARK: Final = "pay-once"
_PACKAGES: Final = ("httpx", "openai", "prefect", "hailuo-campaigns")
_HEAD: Final = (
    "program",
    "wanted",
    "on disk",
    "billed",
    "billed / wanted",
    "bought again",
    "paid, no clip",
    "held",
    "starts",
    "wall s",
    "polls a clip",
)


def table(tallies: Iterable[Tally]) -> str:
    """Markdown, one line per program."""
    rows = [_HEAD, tuple("---" if n == 0 else "---:" for n in range(len(_HEAD)))]
    rows += [_row(tally) for tally in tallies]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(tally: Tally) -> tuple[str, ...]:
    return (
        tally.name,
        str(tally.wanted),
        str(tally.stored),
        str(tally.billed),
        f"{tally.billed_per_wanted:.2f}",
        str(tally.again),
        str(tally.paid_without_clip),
        "no list" if tally.held is None else str(tally.held),
        str(tally.starts),
        f"{tally.seconds:.0f}",
        f"{tally.polls_per_clip:.1f}",
    )


def section(tallies: Sequence[Tally], *, at: datetime, speed: float, cores: int, kills: Sequence[int]) -> str:
    """The section of docs/evidence/proof.md, without its markers."""
    facts = {
        "date": f"{at:%Y-%m-%d}",
        "versions": ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES),
        "machine": f"{cores} cores, {platform.system()}, Python {platform.python_version()}",
        "speed": f"{speed:g}",
        "submit": _rates(SUBMIT_FAULTS),
        "download": _rates(DOWNLOAD_FAULTS),
        "poll": _rates(POLL_FAULTS),
        "kills": " and ".join(str(kill) for kill in kills),
        "wanted": str(tallies[0].wanted),
        "table": table(tallies),
    }
    return _TEXT.format_map(facts)


def _rates(rates: Mapping[FaultName, float]) -> str:
    return "\n".join(f"  - {FAULTS[fault].says} ({fault}): {rate:.1%}." for fault, rate in rates.items())


_TEXT: Final = """\
## Paid once: side by side

Written by `make bench-pay-once` on {date}. {versions}. {machine}.

{table}

- **on disk**: different wanted clips that are byte for byte the vendor's and play.
- **billed**: POSTs that the vendor charged for. **bought again**: purchases of a clip that had been bought before.
- **paid, no clip**: wanted clips that were bought, but are not complete on the disk at the end.
- **held**: clips that the program itself lists as "perhaps paid, a person must decide", and does not buy again.
- **starts**: how often it was started, including the killed starts. **wall s**: all starts together, at {speed} times
  the real speed. A second of start-up counts as much here as a minute of rendering, so read it as an order of magnitude.
- **polls a clip**: status requests for each clip on the disk.

### What was done

Every program wants the same {wanted} different clips (6 s, 768p, two models) from a simulated vendor of its own. It uses real sockets, and has at
most 8 clips in flight. All counts but `held` come from the vendor's invoice and the files. The vendor charges when it accepts, and has no idempotency key and
no list of tasks, as the real one.

- What goes wrong on a POST, by chance.
{submit}
- What goes wrong on a download, by chance.
{download}
- What goes wrong on a poll, by chance.
{poll}
- Each process gets a real SIGKILL when {kills} clips are on the disk, and is started again with the same command.
  Up to 8 clips are in flight then. A program that did not record its orders pays for these again.

The n-th POST and the n-th download have the same fate for every program; failed polls are drawn with one seed. A
program that sends more requests meets more faults.

After the kills a program is left alone. If it goes on from what it has, it is started up to three times, until it reports that it is done. Ours never
does while it holds clips: its last one or two starts only report them again. The sample and the default Prefect flow would buy everything again each time. They are
started once, which makes them look cheaper.

### The programs

They are in `benchmarks/contenders/`. Each is a page long, with the defaults of its own documents.

- **vendor's sample**: the loop of the vendor's page for one clip, polled every 3 s, in a loop over a list. It records nothing.
- **afternoon script**: httpx; skips files that exist; five tries with growing waits for 429, 5xx and lost connections.
- **openai**: the same loop, with the SDK's `videos.create`, `retrieve`, `download_content` and its own two retries. Its
  waits between retries cannot be sped up, which costs it wall time here.
- **Prefect, default**: one task run for each clip, `retries=2`. **Prefect, results kept**: the same with `persist_result=True`
  and the cache policy `INPUTS`. The server's start is not counted.
- **hailuo**: `hailuo run CAMPAIGN --yes`, with its defaults.

### What you could change in the others

- Do not repeat a POST after a 5xx or a lost connection (`max_retries=0` for openai; `retries=0` for Prefect). That alone
  ends the silent second purchase within a run. The clip is missing until the next run buys it.
- Write the task id to the disk before the first poll, and go on from it. Then a kill costs only what was between
  the answer and the write.
- Repeat a failed download with a fresh URL. Do not treat it as a failed clip.
- Record each order *before* you send it, and do not send one that may have been sent. Then nothing is bought twice, and
  a person decides about the rest. The ledger of this project does that.

### Where ours is worse

- It ends with fewer clips on the first evening. A submit whose answer was lost is held, with its money, until
  you decide (`hailuo reconcile`). The others buy such a clip again at once, and mostly do not notice. If the vendor
  did charge, buying again costs you the same second price; ours only asks first.
- It is slower. It submits 5 a minute by default, halves its pace at each 429 or "1002" and recovers slowly, and the first
  clip of each model goes alone. Set `HAILUO_SUBMITS_PER_MINUTE` if the vendor allows more. The others go as fast as 8
  places allow. The simulated vendor does not mind; the real one may.
- It is far more code than a page. If you want five clips and can bear a doubtful dollar, you do not need it.
"""
