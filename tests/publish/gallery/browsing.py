"""Pages in a real browser: how tests write, open and leave them."""

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from hailuo.publish.gallery import render
from tests.publish.gallery.pages import BUILT_AT, make_frame

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
# Promises, not polling: the page's policy rightly forbids the `eval` by which playwright would poll.
STAGE_READY = """Promise.all([...document.querySelectorAll("#stage video")].map((video) =>
    video.readyState >= 2 || new Promise((ready) => video.addEventListener("loadeddata", ready))))"""


def job(creative_id: str, model: str = "MiniMax-Hailuo-02", **changes: object) -> dict[str, object]:
    """A stored clip of the prompt `street`."""
    prompt = str(changes.get("prompt_label", "street"))
    factors = {"prompt": prompt, "model": model, "duration": str(changes.get("duration_req", 6))}
    return {"creative_id": creative_id, "model": model, "factors": factors, **changes}


def write_gallery(
    folder: Path, rows: Sequence[dict[str, object]], *, name: str = "gallery.html", **options: Any
) -> Path:
    """The page of these rows, in `folder`."""
    path = folder / name
    path.write_bytes(render(make_frame(*rows), title="street", built_at=BUILT_AT, **options))
    return path


# Playwright gets no download of a blob from this Firefox: there the blob itself is read.
_CATCH = """() => { const make = URL.createObjectURL;
    window.caught = new Promise((caught) => { URL.createObjectURL = (blob) => { caught(blob.text()); URL.createObjectURL = make; return make.call(URL, blob); }; }); }"""


def exported(page: Page, *, name: str = "Ana") -> Any:
    """What the page's Export button saves, parsed; a page that knows no name is given one."""
    if not page.locator("#judgements").evaluate("menu => menu.open"):
        page.locator("#judgements summary").click()
    if "Firefox" in page.evaluate("navigator.userAgent"):
        page.evaluate(_CATCH)
        _press_export(page, name)
        return json.loads(page.evaluate("window.caught"))
    with page.expect_download() as download:
        _press_export(page, name)
    return json.loads(Path(download.value.path()).read_text())


def _press_export(page: Page, name: str) -> None:
    page.get_by_role("button", name="Export", exact=True).click()
    if page.locator("#ask").count():
        page.get_by_label("Name", exact=True).fill(name)
        page.keyboard.press("Enter")
