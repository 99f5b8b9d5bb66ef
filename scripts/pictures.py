"""Pictures of what people see in Prefect, from a real server with headless chromium, for docs/how-to/operations.md."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jinja2 import Environment
from playwright.sync_api import Page, sync_playwright

from tests.support.servers.house import ROOT, House, open_house
from tests.support.servers.inbox import Inbox, Message, open_inbox
from tests.support.servers.processes import interruptible, pause

__all__: list[str] = []

_PICTURES: Final = ROOT / "docs" / "pictures"
_FLAGS: Final = [
    "--no-sandbox",
    "--use-angle=swiftshader",  # the graph of a run is drawn by WebGL
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_OVER: Final = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
_SETTLED_MS: Final = 2500
"""How long a page is given to draw what it has loaded."""

_GRAPH_MS: Final = 20_000
"""How long a page is given to draw the graph of a run, without a graphics card."""

_PORT: Final = 4200
"""Prefect's own: it is in the links of the messages."""


class Album:
    """Takes pictures of a house's UI."""

    def __init__(self, house: House, page: Page) -> None:
        self._house = house
        self._page = page

    def take(self, name: str, path: str, *, height: int = 860, before: str | None = None) -> None:
        """One page of the V2 UI as people see it; `before` is what to choose in its menu first."""
        self._page.set_viewport_size({"width": 1280, "height": height})
        self._page.goto(self._house.ui + path, wait_until="load")
        self._page.wait_for_timeout(_SETTLED_MS)
        if before:
            self._page.get_by_role("button", name="Open menu").first.click()
            self._page.get_by_role("menuitem", name=before).click()
        self._keep(name)

    def take_run(self, name: str, run_id: str) -> None:
        """The page of a run under way: its graph, and the newest lines of its log."""
        self._page.set_viewport_size({"width": 1280, "height": 860})
        self._page.goto(f"{self._house.ui}/runs/flow-run/{run_id}", wait_until="load")
        self._page.get_by_role("combobox").filter(has_text="Oldest to newest").click()
        self._page.get_by_role("option", name="Newest to oldest").click()
        self._page.wait_for_timeout(_GRAPH_MS)
        self._keep(name)

    def _keep(self, name: str) -> None:
        self._page.wait_for_timeout(_SETTLED_MS)
        self._page.screenshot(path=str(_PICTURES / f"{name}.png"))
        print(f"{name}.png")

    def take_artifact(self, name: str, key: str, *, height: int = 860) -> None:
        """The newest artifact of a key."""
        wanted = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC"}
        newest = self._house.server.ask("POST", "/artifacts/filter", wanted)[0]["id"]
        self.take(name, f"/artifacts/artifact/{newest}", height=height)

    def take_messages(self, name: str, messages: Sequence[Message]) -> None:
        """The messages as Slack, Teams and e-mail show their two parts, subject and body."""
        self._page.set_viewport_size({"width": 1280, "height": 100})  # it grows with them
        shown = [(message.subject, message.body) for message in messages]
        page = Environment(autoescape=True).from_string(_MESSAGES).render(messages=shown)
        self._page.set_content(page)
        self._page.screenshot(path=str(_PICTURES / f"{name}.png"), full_page=True)
        print(f"{name}.png")


_MESSAGES: Final = """\
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 20px; background: #fff; color: #1d1c1d;
       display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 20px }
h1 { font-size: 13px; color: #666; font-weight: 600; margin: 0 0 8px }
article { padding: 10px 12px; margin-bottom: 14px; white-space: pre-line; overflow-wrap: anywhere }
b { display: block }
.slack article { border-left: 4px solid #3aa3e3 }
.teams article { border: 1px solid #d1d1d1; border-radius: 6px; box-shadow: 0 1px 3px #0002 }
.mail article { border: 1px solid #ccc }
.mail b { border-bottom: 1px solid #ddd; padding-bottom: 6px; margin-bottom: 6px }
</style>
{% for kind, title in [("slack", "Slack"), ("teams", "Microsoft Teams"), ("mail", "E-mail")] %}
<section class="{{ kind }}"><h1>{{ title }}</h1>
{% for subject, body in messages %}<article><b>{{ subject }}</b>{{ body }}</article>{% endfor %}
</section>
{% endfor %}
"""


@contextmanager
def _album(campaigns: Path) -> Iterator[tuple[House, Inbox, Album]]:
    folder = Path(tempfile.mkdtemp(prefix="pictures-"))
    try:
        with (
            open_inbox() as inbox,
            open_house(folder, campaigns=campaigns, port=_PORT) as house,
            sync_playwright() as playwright,
        ):
            house.save_block("custom-webhook", "hailuo-notifications", inbox.block)
            house.server.module("hailuo.flows.automations", folder=ROOT)
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
            yield house, inbox, Album(house, browser.new_page())
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _until(house: House, run_id: str, done: Callable[[str], bool]) -> None:
    while not done(house.server.ask("GET", f"/flow_runs/{run_id}")["state_type"]):
        pause(0.5)


def report(house: House, album: Album) -> None:
    """The form of an ad report, and what it leaves, once the demo is rendered and SYNTHETIC results are dropped."""
    form = house.server.ask("GET", "/deployments/name/ad-report/ad-report")["id"]
    album.take("report-form", f"/deployments/deployment/{form}/run", height=1240)
    edition = house.store / "demo" / "main"
    command = [
        sys.executable,
        "-m",
        "benchmarks.judge.synthetic",
        str(edition / "manifest" / "manifest.jsonl"),
        str(edition / "exports"),
    ]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 (our own command)
    made = house.server.create_run("ad-report/ad-report", {"campaign": "demo.yaml"})
    _until(house, made, _OVER.__contains__)
    album.take_artifact("report-artifact", "report-demo")
    album.take_artifact("next-batch", "next-batch-demo")


def _main() -> None:
    _PICTURES.mkdir(exist_ok=True)
    with interruptible(), _album(ROOT / "campaigns") as (house, inbox, album):
        deployment = house.server.ask("GET", "/deployments/name/render-campaign/render-campaign")["id"]
        album.take("run-form", f"/deployments/deployment/{deployment}/run", height=1040)
        batch = house.server.create_run("render-campaign/render-campaign", {"campaign": "demo.yaml"})
        while house.accepted() < 14:
            pause(0.2)
        album.take_run("running-batch", batch)
        night = house.server.create_run("nightly/nightly", {})
        _until(house, batch, _OVER.__contains__)
        album.take_artifact("plan", "plan-demo", height=640)
        album.take_artifact("comparison", "comparison-demo")
        report(house, album)
        asking = house.server.create_run(
            "approve-campaign/approve-campaign", {"campaign": "luxury-launch.yaml"}
        )
        _until(house, asking, "PAUSED".__eq__)
        album.take("approval", f"/runs/flow-run/{asking}", before="Resume", height=1500)
        _until(house, night, _OVER.__contains__)
        album.take_artifact("night", "night", height=640)
        album.take_messages("messages", [inbox.wait_for("Approve?"), inbox.wait_for("The night:")])
        album.take("dashboard", "/dashboard")
        album.take("deployments", "/deployments", height=640)


if __name__ == "__main__":
    _main()
