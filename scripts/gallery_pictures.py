"""The pictures of docs/how-to/gallery.md: the demo's clips in headless chromium, judged by two people. `make gallery-pictures`.

Rehearses the demo into a folder that is forgotten afterwards, or into `--folder`, which is kept and used again.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

__all__: list[str] = []

_ROOT: Final = Path(__file__).parents[1]
_PICTURES: Final = _ROOT / "docs" / "pictures"
_FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
_GAP: Final = 24
_SETTLED_MS: Final = 2600
"""Until the short messages are gone and every poster is there."""
_PEOPLE: Final = {"Ana": "prrfprxrrpxrrfrrxprrprrxrprrrf", "Ben": "prrprrxfrpxrrprrxrrrprrprfrrrp"}
"""What they think of the thirty clips: p(ick), f(inalist), r(eject), x is nothing."""
_PICKS: Final = {"p": "pick", "f": "finalist", "r": "reject"}
_LIVE: Final = {"Ana": ("j", "f", "5", "j", "p"), "Ben": ("j", "p", "4", "j", "x")}
"""What two people press in the live view."""
_SEEN_MS: Final = 5000
"""Until each has what the other said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: the address's fragment, and the keys to press."""

    name: str
    fragment: str = ""
    keys: Sequence[str] = ()
    scheme: Literal["light", "dark"] = "light"
    width: int = 1440
    height: int = 1000
    after: Literal["judged", ""] = ""
    """"judged": with blind pairs and SYNTHETIC results of ads."""


_SHOTS: Final = (
    Shot(name="light"),
    Shot(name="dark", scheme="dark"),
    Shot(name="phone", width=390, height=844),
    Shot(name="matrix", fragment="#view=matrix"),
    Shot(name="compare", keys=("j", "c", "j", "c", "Enter", ".")),
    Shot(name="blind", keys=("b", ".")),
    Shot(name="closer", keys=("j", "j", "o", ".", ".")),
    Shot(name="survey", keys=("o", *"pxxpxxxxpxxpxxxx", "s", ".")),
    Shot(name="votes", fragment="#view=people"),
    Shot(name="pair", keys=("w", "Enter", "ArrowLeft", ".")),
    Shot(name="preferences", fragment="#view=people", after="judged"),
    Shot(name="results", fragment="#sort=result_meta_corrected&down=1", after="judged"),
)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="a folder to rehearse in and to keep")
    given = parser.parse_args()
    if given.folder:
        _make(given.folder.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        _make(Path(folder))


def _make(folder: Path) -> None:
    """Rehearse, judge, look; then choose in pairs, report, and look at what came back."""
    store = folder / "store"
    edition = store / "demo" / "main"
    if not (edition / "gallery.html").exists():
        _hailuo("demo", "--store", str(store), store=store)
    rows = [json.loads(line) for line in (edition / "manifest" / "manifest.jsonl").read_text().splitlines()]
    clips = [row for row in rows if row["state"] == "stored" and not row["derived_from"]]
    files = [_judgements(folder, name, said, clips) for name, said in _PEOPLE.items()]
    _hailuo("judge", "demo/main", *map(str, files), store=store)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        for shot in (shot for shot in _SHOTS if not shot.after):
            _take(browser, edition / "gallery.html", shot)
        pairs = [_choices(folder, name, clips, seed) for seed, name in enumerate(_PEOPLE)]
        _hailuo("judge", "demo/main", *map(str, pairs), store=store)
        exports = folder / "exports"
        command = [sys.executable, "-m", "benchmarks.judge.synthetic"]
        subprocess.run([*command, edition / "manifest" / "manifest.jsonl", exports], cwd=_ROOT, check=True)  # noqa: S603 (our own)
        _hailuo("report", "demo/main", str(exports), "--again", store=store)
        for shot in (shot for shot in _SHOTS if shot.after):
            _take(browser, edition / "gallery.html", shot)
        _take_live(browser, store)
        browser.close()


def _choices(folder: Path, name: str, clips: Sequence[dict[str, Any]], seed: int) -> Path:
    """What one person chooses between clips of one prompt: of two models, seven times in ten the newer one."""
    rng, pairs = random.Random(seed), []  # noqa: S311 (a picture)
    for one in clips:
        for other in clips:
            same = all(one[name] == other[name] for name in ("prompt", "duration_req", "size_req", "take"))
            if same and one["model"] < other["model"]:
                preferred = "right" if rng.random() < 0.7 else "left"
                at = {"reviewer": name, "reviewed_at": "2026-11-29T12:30:00Z"}
                pairs.append(
                    {"left": one["creative_id"], "right": other["creative_id"], "preferred": preferred, **at}
                )
    path = folder / f"{name}-pairs.json"
    file = {"schema": "hailuo.judgements/1.0", "campaign": "demo", "edition": "main", "reviewer": name}
    path.write_text(json.dumps({**file, "source": name, "judgements": [], "pairs": pairs}))
    return path


def _judgements(folder: Path, name: str, said: str, clips: Sequence[dict[str, Any]]) -> Path:
    given = [
        {
            "creative_id": row["creative_id"],
            "pick": _PICKS[letter],
            "rating": 2 + at % 4 if letter != "r" else None,
            "note": "2.04 s: the light settles\nBest of this prompt" if at == 0 else "",
            "tags": ["hero"] if letter == "f" else [],
            "reviewer": name,
            "reviewed_at": "2026-11-29T12:00:00Z",
        }
        for at, (row, letter) in enumerate(zip(clips, said, strict=False))
        if letter in _PICKS
    ]
    path = folder / f"{name}.json"
    file = {"schema": "hailuo.judgements/1.0", "campaign": "demo", "edition": "main", "reviewer": name}
    path.write_text(json.dumps({**file, "source": name, "judgements": given}))
    return path


def _hailuo(*words: str, store: Path) -> None:
    environment = {**os.environ, "HAILUO_STORE": str(store)}  # noqa: TID251 (what hailuo is given)
    program = Path(sys.executable).with_name("hailuo")
    subprocess.run([program, *words], env=environment, cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (our own)


def _take(browser: Browser, gallery: Path, shot: Shot) -> None:
    viewport = {"width": shot.width, "height": shot.height}
    page = browser.new_page(viewport=viewport, color_scheme=shot.scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # a TypedDict
    page.goto(gallery.as_uri() + shot.fragment)
    page.wait_for_timeout(_SETTLED_MS)
    for key in shot.keys:
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    page.wait_for_timeout(_SETTLED_MS)
    path = _PICTURES / f"gallery-{shot.name}.png"
    page.screenshot(path=path)
    page.close()
    _keep(Image.open(path), path)


def _take_live(browser: Browser, store: Path) -> None:
    """The windows of two people beside each other, at one served gallery."""
    environment = {**os.environ, "HAILUO_STORE": str(store), "BROWSER": "true"}  # noqa: TID251 (what hailuo is given)
    command = [str(Path(sys.executable).with_name("hailuo")), "open", "demo/main", "--serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as served:  # noqa: S603 (our own)
        address = served.stdout.readline().strip() if served.stdout else ""
        try:
            pages = {name: _joined(browser, address, name) for name in _LIVE}
            for name, page in pages.items():
                for key in _LIVE[name]:
                    page.keyboard.press(key)
                    page.wait_for_timeout(150)
                page.wait_for_timeout(_SETTLED_MS)
                page.keyboard.press("Enter")  # yes, the earlier judgements under this name are mine
            windows = []
            for page in pages.values():
                page.evaluate("document.querySelector('.tile').scrollIntoView({ block: 'center' })")
                page.wait_for_timeout(_SEEN_MS)
                windows.append(Image.open(BytesIO(page.screenshot())).convert("RGB"))
                page.context.close()
        finally:
            served.terminate()
    width, height = windows[0].size
    both = Image.new("RGB", (2 * width + _GAP, height), "white")
    for at, window in enumerate(windows):
        both.paste(window, (at * (width + _GAP), 0))
    _keep(both, _PICTURES / "gallery-live.png")


def _joined(browser: Browser, address: str, name: str) -> Page:
    """A window of somebody who gave that name."""
    viewport = {"width": 960, "height": 720}
    page = browser.new_context(viewport=viewport, reduced_motion="reduce").new_page()  # type: ignore[arg-type]  # a TypedDict
    page.goto(address)
    page.get_by_label("Name", exact=True).fill(name)
    page.keyboard.press("Enter")
    page.wait_for_timeout(_SETTLED_MS)
    return page


def _keep(picture: Image.Image, path: Path) -> None:
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name} {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    _main()
