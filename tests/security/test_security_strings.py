"""Hostile text, from a campaign file, a catalog or the vendor, is shown and never obeyed; see SECURITY.md.

More of each output: tests/publish/gallery (markup), tests/publish/manifest (formulas, ad names), tests/store/contract.py (keys).
"""

import csv
import io
import json
import re
import unicodedata
from contextlib import redirect_stderr, redirect_stdout
from html.parser import HTMLParser

import pytest
from PIL import Image

from hailuo.cli import progress
from hailuo.cli.main import run
from hailuo.run.events import Event, EventKind
from tests.security.conftest import Parrot, talking_to

CATALOG = """\
models:
  "[link=https://evil.example]Model[/] [red]\\e[31m":
    prompt: {limit: 2000, source: ours}
    first_frame: {rule: none, source: ours}
    family: minimax
    offers: [{duration: 6, size: 768p, price_usd: 0.28, source: ours}]
sources: {ours: {text: ours, checked: 2026-11-22}}
"""

HTML = "</p><script>alert(1)</script><img src=x onerror=alert(2)>"
FORMULA = '=HYPERLINK("https://evil.example","paid")'
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\x00\x08"
REVERSED = "clip\u202egpj.exe\u2066"
LONG = "x" * 5_000
PATH = "../../../../etc/passwd"

CAMPAIGN = f"""\
campaign: hostile
retries: {{failed: 0}}
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-02}}
matrix:
  surface:
    - {json.dumps(HTML)}
    - {json.dumps(FORMULA)}
    - {json.dumps(ESCAPES + "stone")}
    - {json.dumps(REVERSED)}
    - {json.dumps(PATH)}
    - "[bold]rich[/] {{{{7*7}}}}"
  prompt: [{{id: hostile, text: "{{surface}} that fails"}}]
budget: {{usd: 5}}
"""


def steers(text: str) -> list[str]:
    """What in a text may move a terminal's cursor, colours, title or direction of writing."""
    return [
        f"U+{ord(c):04X}" for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}
    ]


class Tags(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The store after a run, with everything that was said in `said.txt` beside it; the tests only read it."""
    folder, said = tmp_path_factory.mktemp("hostile"), io.StringIO()
    hostile = folder / "hostile.yaml"
    hostile.write_text(CAMPAIGN)
    commands = [
        ("plan", hostile),
        ("run", hostile, "--yes"),
        ("run", hostile, "--yes", "--json"),
        ("status", hostile),
        ("status", hostile, "--json"),
        ("manifest", hostile),
    ]
    parrot = Parrot(words=" ".join([FORMULA, HTML, ESCAPES, REVERSED, PATH, LONG]))
    with talking_to(parrot, folder / "store"), redirect_stdout(said), redirect_stderr(said):
        for command in commands:
            run([str(argument) for argument in command])
    (folder / "said.txt").write_text(said.getvalue())
    return folder / "store"


@pytest.mark.slow
@pytest.mark.enable_socket
class TestARunFullOfHostileText:
    """Every prompt is hostile, every job fails, and the vendor's reasons are hostile too."""

    def test_no_output_steers_the_terminal(self, store):
        """Escapes, controls, NUL and marks that turn the writing round are taken out or made visible."""
        said = (store.parent / "said.txt").read_text()

        assert "failed at the vendor" in said
        assert steers(said) == []

    def test_no_text_becomes_a_file_or_leaves_the_store(self, store):
        """Files are called by ids that we made: campaign, edition, creative id."""
        names = [path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()]

        assert len([name for name in names if "/ledger/" in name]) >= 6
        assert all(re.fullmatch(r"(hostile/main|\.?[a-z-]+)/[A-Za-z0-9./_-]+", name) for name in names)
        assert not any(word in name for name in names for word in ("passwd", "script", "stone", "exe"))
        assert {path.name for path in store.parent.iterdir()} == {"hostile.yaml", "said.txt", "store"}

    def test_no_text_becomes_markup_of_the_gallery(self, store):
        """One script and its data, ours, and no element or attribute that the text brought."""
        page = Tags((store / "hostile/main/gallery.html").read_text())

        assert page.names.count("script") == 2
        assert "img" not in page.names
        assert not [name for name in page.attributes if name.startswith("on")]
        assert "alert(1)" in (store / "hostile/main/gallery.html").read_text()

    def test_no_cell_of_the_csv_is_a_formula(self, store):
        """Neither what we wrote nor what the vendor did."""
        text = (store / "hostile/main/manifest/manifest.csv").read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))

        cells = [cell for row in rows for cell in row.values()]
        assert len(rows) == 6
        assert any("HYPERLINK" in cell for cell in cells)
        assert [cell for cell in cells if re.match(r"\s*[=+@\t\r]|\s*-\D", cell)] == []

    def test_no_ad_name_carries_more_than_plain_letters(self, store):
        """Ad platforms get letters, digits, dots, hyphens and underscores, at most a hundred."""
        lines = (store / "hostile/main/manifest/manifest.jsonl").read_text().splitlines()

        names = [json.loads(line)["ad_name"] for line in lines]
        assert len(names) == 6
        assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name) for name in names)

    def test_no_text_of_the_vendor_is_kept_at_length(self, store):
        """Five thousand characters of reasons are five hundred in the ledger, and one line."""
        ends = [json.loads(path.read_text()) for path in store.rglob("end")]

        assert len(ends) == 6
        assert all(len(end["message"]) <= 500 and steers(end["message"]) == [] for end in ends)


def test_a_file_name_cannot_steer_the_terminal(hailuo, tmp_path):
    """Problems name files; a file sent by somebody else may be called anything."""
    (tmp_path / "a\x1b[2J\u202e.yaml").write_text("campaign: 1\n")
    (tmp_path / "b.yaml").write_text('campaign: b\nrows: "\\e]0;owned\\a\\u202E.csv"\n')
    sound = "campaign: c\ndefaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-02}\n"
    (tmp_path / "c\x1b[2J\u202e.yaml").write_text(f"{sound}matrix: {{prompt: [Bottle]}}\n")

    paths = sorted(tmp_path.iterdir())
    said = [hailuo("validate", path, *how) for how in ([], ["--json"]) for path in paths]

    assert [one.code for one in said] == [2, 2, 0] * 2
    assert steers("".join(one.out + one.err for one in said)) == []


def test_the_lines_of_a_running_run_cannot_steer_the_terminal():
    """Also those that the progress bars draw."""
    watcher = progress.Watcher(quiet=False)

    watcher(Event(kind=EventKind.ENDED, creative_id="7KQ2M9X4TD", text=f"failed: {ESCAPES}{REVERSED}"))

    assert len(watcher.last) == 1
    assert steers(watcher.last[0]) == []


def test_a_catalog_s_names_are_no_markup(hailuo, tmp_path, monkeypatch):
    """A table shows a model's name as it is written: no colours, no links."""
    (tmp_path / "catalog.yaml").write_text(CATALOG)
    file = tmp_path / "shop.yaml"
    model = '"[link=https://evil.example]Model[/] [red]\\e[31m"'
    file.write_text(
        f"campaign: shop\nmatrix:\n  model: [{model}]\n  prompt: [Bottle]\n  size: [768p]\n  duration: [6]\n"
    )
    monkeypatch.setenv("HAILUO_CATALOG", str(tmp_path / "catalog.yaml"))
    monkeypatch.setenv("HAILUO_STORE", str(tmp_path / "store"))

    said = hailuo("plan", file)

    assert "[link=https://evil.example]Model[/] [red]" in said.out
    assert steers(said.out) == []


@pytest.mark.slow
@pytest.mark.enable_socket
def test_a_first_frame_s_file_name_is_only_a_name(rehearsal, hailuo, tmp_path):
    """Markup, a formula and marks of direction in a file's name reach manifest and gallery as text."""
    name = "=<img src=x onerror=alert(1)>\u202egpj.png"
    Image.new("RGB", (640, 360)).save(tmp_path / name)
    file = tmp_path / "framed.yaml"
    file.write_text(
        "campaign: framed\ndefaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-2.3}\n"
        f"matrix:\n  prompt: [Bottle]\n  first_frame: [{json.dumps(name)}]\nbudget: {{usd: 5}}\n"
    )

    said = hailuo("run", file, "--yes")

    folder = tmp_path / "store/framed/main"
    page = Tags((folder / "gallery.html").read_text())
    [row] = csv.DictReader(io.StringIO((folder / "manifest/manifest.csv").read_text(encoding="utf-8-sig")))
    assert said.code == 0
    assert steers(said.out + said.err) == []
    assert "img" not in page.names
    assert row["first_frame_id"].startswith("'=<img")
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}", row["ad_name"])
    assert [path.suffix for path in (folder / "frames").iterdir()] == [".png"]
