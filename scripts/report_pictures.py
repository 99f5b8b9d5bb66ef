"""An ad report of the demo's clips with SYNTHETIC results, and its pictures for README.md and docs/how-to/report.md.

`make report-demo`. Rehearses the demo under the name demo-with-synthetic-results into a folder that is forgotten afterwards (or `--folder`,
which is kept and used again), simulates what two platforms would export of its clips (benchmarks/judge/worlds.py), lets
`hailuo report` judge them, and takes pictures with headless chromium. The page thereby says of itself what its numbers are.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image, ImageOps
from playwright.sync_api import Browser, sync_playwright

__all__: list[str] = []

_ROOT: Final = Path(__file__).parents[1]
_PICTURES: Final = _ROOT / "docs" / "pictures"
_NAME: Final = "demo-with-synthetic-results"
_BUDGET: Final = "12"
_FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
_SETTLED_MS: Final = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: the part of the page, and how it is looked at. `margin` is added around it, in dots, as paper has."""

    name: str
    part: str = ""
    margin: int = 0
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"
    width: int = 1440
    height: int = 1000


_SHOTS: Final = (
    Shot(name="light"),
    Shot(name="dark", scheme="dark"),
    Shot(name="phone", width=390, height=844),
    Shot(name="print", media="print", width=704, height=1032, margin=45),  # A4 less 12 mm
    Shot(name="clips", part="#ranking"),
    Shot(name="factors", part="#factors"),
)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="a folder to rehearse in and to keep")
    given = parser.parse_args()
    if given.folder:
        _make(given.folder.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="report-demo-") as folder:
        _make(Path(folder))


def _make(folder: Path) -> None:
    """Rehearse, simulate, report, look."""
    campaign = _campaign(folder / "campaigns")
    store, exports = folder / "store", folder / "exports"
    manifest = store / _NAME / "main" / "manifest" / "manifest.jsonl"
    if not manifest.exists():
        _hailuo("demo", str(campaign), "--store", str(store), store=store)
    command = [sys.executable, "-m", "benchmarks.judge.synthetic", str(manifest), str(exports)]
    subprocess.run(command, cwd=_ROOT, check=True)  # noqa: S603 (our own command)
    told = _hailuo(
        "report", str(campaign), str(exports), "--budget", _BUDGET, "--again", "--json", store=store
    )
    page = store / json.loads(told)["folder"].removeprefix(f"{store}/").lstrip("/") / "report.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        for shot in _SHOTS:
            _take(browser, page, shot)
        browser.close()


def _campaign(folder: Path) -> Path:
    """The demo's campaign file with its frames, under a name that says what its results are."""
    shutil.copytree(_ROOT / "campaigns" / "frames", folder / "frames", dirs_exist_ok=True)
    text = (_ROOT / "campaigns" / "demo.yaml").read_text(encoding="utf-8")
    path = folder / f"{_NAME}.yaml"
    path.write_text(text.replace("campaign: demo\n", f"campaign: {_NAME}\n", 1), encoding="utf-8")
    return path


def _hailuo(*words: str, store: Path) -> str:
    environment = {**os.environ, "HAILUO_STORE": str(store)}  # noqa: TID251 (what hailuo is told)
    program = Path(sys.executable).with_name("hailuo")
    ran = subprocess.run([program, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own)
    return ran.stdout


def _take(browser: Browser, report: Path, shot: Shot) -> None:
    viewport = {"width": shot.width, "height": shot.height}
    page = browser.new_page(viewport=viewport, color_scheme=shot.scheme)  # type: ignore[arg-type]  # a TypedDict
    page.emulate_media(media=shot.media)
    page.goto(report.as_uri() + shot.part)
    page.wait_for_timeout(_SETTLED_MS)
    path = _PICTURES / f"report-{shot.name}.png"
    page.screenshot(path=path)
    page.close()
    ImageOps.expand(Image.open(path).convert("RGB"), shot.margin, "white").save(path, optimize=True)
    print(f"{path.name} {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    _main()
