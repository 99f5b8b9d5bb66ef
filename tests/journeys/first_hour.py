"""What a new user types in the first hour and in a week in which much breaks; `--write FILE` puts it into a document.

One simulator stands for the rehearsal, another one for the real vendor: it has an address, a key and an invoice of its own.
"""

import argparse
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hailuo import CampaignRequest, prepare
from hailuo.settings import Settings
from tests.journeys.terminal import Terminal, terminal
from tests.report.editions import meta_export
from tests.support.servers.processes import below
from tests.support.servers.vendor import Simulator, simulator

FILE: Final = "campaigns/spring.yaml"
MISTAKES: Final[Mapping[str, tuple[str, str, str]]] = {
    # what is wrong: (as it should be, as it was typed, a word of the message)
    "a prompt that YAML would cut": (
        'text: "A rectangular amber perfume bottle on {surface}, cold rim light, low haze, slow orbit camera, '
        'premium launch-film lighting"',
        "text: A perfume bottle on {surface}, the scent #1 of this spring",
        "#1",
    ),
    "a key": ("takes: 1 ", "takse: 1 ", "takse"),
    "an amount": ("{usd: 10.00}", "{usd: ten}", "ten"),
    "a model": ("MiniMax-Hailuo-2.3]", "MiniMax-Hailuo-2.4]", "MiniMax-Hailuo-2.4"),
    "a size": ("size: 768p", "size: 786p", "786p"),
    "a placeholder": ("on {surface}, darkness", "on {surfcae}, darkness", "surfcae"),
}
_QUICK: Final = {
    "HAILUO_SUBMITS_PER_MINUTE": "600",
    "HAILUO_POLL_FIRST_SECONDS": "0.5",
    "HAILUO_POLL_EVERY_SECONDS": "0.5",
    "HAILUO_CHECKS": "off",
}
"""Without a real vendor's pace, and without the checks of each clip, which have tests of their own."""
_START: Final = "<!-- transcript -->"
_END: Final = "<!-- /transcript -->"


@dataclass(slots=True)
class Journey:
    """The terminal, and everything that was typed and shown, as Markdown."""

    screen: Terminal
    folder: Path
    text: list[str] = field(default_factory=list)

    def tell(self, caption: str) -> None:
        self.text.append(f"{caption}\n")

    def type(
        self, command: str, *wanted: str, code: int = 0, answers: tuple[tuple[str, str], ...] = ()
    ) -> str:
        """Type a command; it has to end with this exit code, and show these texts."""
        shown = self.screen.type(command, answers=answers)
        self.show(command, shown)
        ended = self.screen.exit_code()
        assert ended == code, f"{command}: exit code {ended}\n{shown}"
        flat = " ".join(shown.split())
        for text in wanted:
            assert text in flat, f"{command}: no {text!r} in\n{shown}"
        return shown

    def set(self, **variables: str) -> None:
        words = " ".join(f"{name}={value}" for name, value in variables.items())
        self.screen.type(f"export {words}")
        self.show(f"export {words}", "")

    def show(self, command: str, shown: str) -> None:
        self.text.append(
            f"```console\n$ {command}\n{shown}\n```\n" if shown else f"```console\n$ {command}\n```\n"
        )


@contextmanager
def beginning(folder: Path) -> Iterator[tuple[Journey, Simulator, Simulator]]:
    """An empty folder, a terminal in it, a simulator for the rehearsal, and one in place of the vendor."""
    (folder / "ads").mkdir()
    with ExitStack() as stack:
        rehearsal = stack.enter_context(simulator(folder / "rehearsal", speed=60, submits_per_minute=600))
        vendor = stack.enter_context(simulator(folder / "vendor", speed=30, submits_per_minute=600))
        path = f"{Path(sys.executable).parent}:{os.defpath}"
        screen = stack.enter_context(terminal(folder / "ads", {**_QUICK, "PATH": path, "HOME": str(folder)}))
        yield Journey(screen, folder), rehearsal, vendor


def first_hour(journey: Journey, rehearsal: Simulator, vendor: Simulator) -> None:
    """From an empty folder to a gallery of clips that were paid for once."""
    file = journey.folder / "ads" / FILE
    journey.tell("Begin a project in an empty folder. Nothing is bought by it.")
    journey.type("hailuo init spring --yes", "wrote campaigns/spring.yaml", "next: hailuo plan")
    sound = file.read_text()
    journey.tell(
        "Suppose that you make six mistakes in the campaign file. `hailuo validate` names each with its line and what to do. "
        "Mend them one after the other."
    )
    left = dict(MISTAKES)
    while left:
        text = sound
        for right, wrong, _ in left.values():
            assert right in text, right
            text = text.replace(right, wrong, 1)
        file.write_text(text)
        first = next(iter(left))
        journey.type(f"hailuo validate {FILE}", MISTAKES[first][2], code=2)
        del left[first]
    file.write_text(sound)
    journey.type(f"hailuo validate {FILE}", "8 jobs")
    journey.tell("Look at the plan. Without a key it also says what a run lacks.")
    journey.type(f"hailuo plan {FILE}", "8 to buy", "$2.24 to buy", "IMAROUTER_API_KEY: is not set", code=2)
    journey.tell(
        "Rehearse it for free. `hailuo simulate`, in another terminal, prints these lines. The rehearsal has a store of its own, "
        "so its clips and its money never count."
    )
    journey.set(IMAROUTER_BASE_URL=rehearsal.url, IMAROUTER_API_KEY="sk-simulated")
    journey.type(
        f"hailuo run {FILE}", "8 of 8 jobs are stored", "store-simulated", answers=((r"\[y/N\]: ", "y"),)
    )
    journey.tell(
        "Now for real: the vendor's address and your key. The store is the project's, and it is new. Here a second simulator takes the vendor's place, so its lines say SIMULATED."
    )
    journey.set(IMAROUTER_BASE_URL=vendor.url, HAILUO_STORE=str(journey.folder / "ads" / "store"))
    journey.type(f"hailuo plan {FILE}", "8 to buy", "new: nothing was bought here yet")
    journey.tell("The power fails in the middle of the run.")
    command = f"hailuo run {FILE} --yes"
    shown = journey.screen.start(command, until=r"submitted")
    for pid in below(journey.screen.pid):
        os.kill(pid, signal.SIGKILL)
    journey.show(command, shown + "\n" + journey.screen.finish())
    journey.tell("Run the same command again. What was bought is collected; nothing is bought twice.")
    journey.type(command, "8 of 8 jobs are stored")
    taken = len(vendor.traffic().accepted_at)
    assert taken == 8, f"{taken} submits were accepted for 8 jobs"
    assert len(rehearsal.traffic().accepted_at) == 8
    journey.type(f"hailuo status {FILE}", "8 stored", "$2.24 spent")
    journey.tell("Try it once more: there is nothing left to buy.")
    journey.type(command, "nothing was bought")


def broken_week(journey: Journey, vendor: Simulator) -> None:
    """A deleted clip, a damaged one, a mistyped store, an address that is no vendor, a cut budget; then the report."""
    store = journey.folder / "ads" / "store"
    clips = sorted((store / "spring" / "main" / "clips").glob("*.mp4"))
    journey.tell("Monday: somebody deletes a clip, and a disk damages another one.")
    clips[0].unlink()
    content = clips[1].read_bytes()
    clips[1].write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    journey.type(f"hailuo status {FILE}", "its clip is missing", code=1)
    journey.type(f"hailuo verify {FILE}")
    journey.type(f"hailuo status {FILE}", "8 stored")
    journey.tell("Tuesday: a slip in the store's address would begin a new store. It is refused.")
    journey.type(f"HAILUO_STORE=s3:/our-ads hailuo run {FILE} --yes", "HAILUO_STORE", code=2)
    journey.tell("Wednesday: the rehearsal's address with the real store.")
    journey.type(
        f"IMAROUTER_BASE_URL=http://127.0.0.1:9 hailuo run {FILE} --yes", "was bought at", vendor.url, code=2
    )
    journey.tell(
        "Thursday: two more takes do not fit the budget. Nothing is bought, and the reason is the sum."
    )
    path = journey.folder / "ads" / FILE
    text = path.read_text()
    path.write_text(text.replace("takes: 1 ", "takes: 6 "))
    journey.type(f"hailuo run {FILE} --yes", "is over the budget of $10.00", code=2)
    path.write_text(text)
    journey.tell(
        "Friday: the ads have run for two weeks. The export of the ads manager is joined by the ad names."
    )
    request = CampaignRequest(path=path, at=datetime(2026, 11, 29, tzinfo=UTC))
    jobs = prepare(request, Settings()).expansion.jobs
    export = meta_export(jobs, rate=lambda job: 0.024 if job.levels["prompt"] == "orbit" else 0.012)
    (journey.folder / "ads" / "meta.csv").write_bytes(export)
    journey.type(f"hailuo report {FILE} meta.csv", "orbit")
    assert len(vendor.traffic().accepted_at) == 8, "the week bought something"


def written(journey: Journey) -> str:
    """The transcript without what differs from run to run: paths, ports, task ids and times."""
    text = (
        "\n".join(journey.text)
        .replace(str(journey.folder / "ads"), "~/ads")
        .replace(str(journey.folder), "~")
    )
    text = re.sub(r"http://127\.0\.0\.1:\d{4,5}", "http://127.0.0.1:8399", text)
    text = re.sub(r"task_[0-9A-Za-z]+", "task_…", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d{6}Z", "2026-11-29T090000Z", text)
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?", "2026-11-29 09:00", text)


def steady(transcript: str) -> list[str]:
    """Every part but the two that tell when the power failed: what was under way then differs from run to run."""
    parts = [part.strip() for part in re.split(r"(?<=\n```)\n|\n(?=```console)", transcript) if part.strip()]
    cut = next(number for number, part in enumerate(parts) if part.startswith("The power fails"))
    del parts[cut + 3], parts[cut + 1]
    return parts


def transcript_of(page: str) -> str:
    """The transcript that a document holds."""
    return page.partition(_START)[2].partition(_END)[0]


def main(write: Path | None, show: Callable[[str], object] = print) -> None:
    """Travel once; put the transcript into a document, or print it."""
    with tempfile.TemporaryDirectory() as folder, beginning(Path(folder)) as (journey, rehearsal, vendor):
        first_hour(journey, rehearsal, vendor)
        broken_week(journey, vendor)
        text = written(journey)
    if write is None:
        show(text)
        return
    page = write.read_text(encoding="utf-8")
    before, _, rest = page.partition(_START)
    after = rest.partition(_END)[2] or f"\n{rest.lstrip()}"
    write.write_text(f"{before}{_START}\n\n{text}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="the document that gets the transcript")
    main(parser.parse_args().write)
