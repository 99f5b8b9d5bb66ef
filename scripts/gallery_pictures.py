"""Pictures of the gallery of `hailuo demo` for README.md and docs/gallery.md, taken with headless chromium.

`python scripts/gallery_pictures.py STORE`, where `hailuo demo --store STORE` has run, and `hailuo conform demo/main --placement tiktok_infeed
--placement meta_reels --only model=MiniMax-Hailuo-02` on it.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

__all__: list[str] = []

_PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
_FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
_SETTLED_MS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: the address' fragment, the keys pressed, and how it is looked at."""

    name: str
    fragment: str = ""
    keys: Sequence[str] = ()
    scheme: Literal["light", "dark"] = "light"
    width: int = 1440
    height: int = 900


_SHOTS: Final = (
    Shot(name="light"),
    Shot(name="dark", scheme="dark"),
    Shot(name="phone", width=390, height=844),
    Shot(name="compare", keys=("j", "c", "j", "j", "c", "Enter")),
    Shot(name="blind", keys=("b", "p", "4"), scheme="dark"),
    Shot(name="matrix", fragment="#view=matrix&rows=axis.prompt&cols=axis.model"),
)


def _take(browser: Browser, gallery: Path, shot: Shot) -> None:
    viewport = {"width": shot.width, "height": shot.height}
    page = browser.new_page(viewport=viewport, color_scheme=shot.scheme)  # type: ignore[arg-type]  # a TypedDict
    page.goto(gallery.as_uri() + shot.fragment)
    _settle(page)
    for key in shot.keys:
        page.keyboard.press(key)
    _settle(page)
    path = _PICTURES / f"gallery-{shot.name}.png"
    page.screenshot(path=path)
    page.close()
    Image.open(path).convert("RGB").save(path, optimize=True)
    print(f"{path.name} {path.stat().st_size // 1000} kB")


def _settle(page: Page) -> None:
    page.wait_for_timeout(_SETTLED_MS)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    gallery = parser.parse_args().store.resolve() / "demo" / "main" / "gallery.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        for shot in _SHOTS:
            _take(browser, gallery, shot)
        browser.close()


if __name__ == "__main__":
    _main()
