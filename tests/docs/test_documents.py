"""The documents say what is true: every command, setting, exit code and place they name exists, and none is missing."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.store.layout import Edition
from hailuo.vendor.error_table import TABLE


def _keys() -> set[str]:
    """The first part below an edition's folder, of everything that it keeps: `ledger/`, `gallery.html`, ..."""
    edition = Edition("campaign", "main")
    texts = (getattr(edition, name) for name, kind in vars(Edition).items() if isinstance(kind, property))
    below = (text.removeprefix(edition.folder).partition("/") for text in texts if text != edition.folder)
    return {first + slash for first, slash, _ in below}


README = Path("README.md").read_text()
ARCHITECTURE = Path("ARCHITECTURE.md").read_text()
MAP = ARCHITECTURE.split("```")[1]
DOCUMENTS = sorted([*Path().glob("*.md"), *Path("docs").rglob("*.md"), Path("campaigns/README.md")])

_FILE = re.compile(
    r"(?<![\w/])(?:benchmarks|campaigns|deploy|docs|flows|hailuo|scripts|tests)/[\w./-]*\w(?:/|\b)(?![\w*{<])"
)


def test_every_exit_code_is_documented():
    """Scripts rely on them."""
    page = Path("docs/reference/exit-codes.md").read_text()

    assert [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == [
        int(code) for code in ExitCode
    ]


def test_the_readme_is_short():
    """A reader sees what it is and where to read on; the pages of docs/ have the rest."""
    assert len(README.splitlines()) <= 120


_OF_THE_READER = {"campaigns/spring.yaml", "campaigns/sneaker-launch.yaml", "campaigns/lifestyle.yaml"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_file_that_a_document_names_exists(document):
    """A reader finds what a document points at."""
    named = {name.rstrip("./") for name in _FILE.findall(document.read_text())}

    assert sorted(name for name in named - _OF_THE_READER if not Path(name).exists()) == []


def test_every_room_of_the_library_is_on_the_map():
    """A new room is drawn in when it is built."""
    rooms = {path.stem for path in Path("hailuo").iterdir() if path.suffix == ".py" or path.is_dir()}

    assert not [
        room for room in rooms - {"__init__", "__main__", "__pycache__"} if not re.search(rf"\b{room}\b", MAP)
    ]


def test_the_map_shows_the_imports():
    """Each arrow is an import, and each import between rooms follows arrows."""
    arrows, imports = _arrows(), _imports()
    below = {room: _reached(room, arrows) for room in imports}

    assert {(room, other) for room in arrows for other in arrows[room] - imports[room] - {"base"}} == set()
    assert {(room, other) for room in imports for other in imports[room] - below[room]} == set()


def test_every_state_of_a_job_is_in_the_diagram():
    """The life of a job is drawn whole."""
    diagram = ARCHITECTURE.split("```")[3]

    assert [state for state in JobState if not re.search(rf"--> {state}\b", diagram)] == []


def test_each_question_is_answered_by_two_files_at_most():
    """An answer that needs more is no answer."""
    table = ARCHITECTURE.partition("| question | look at |")[2].partition("\n\n")[0]
    answers = [row.split("|")[2] for row in table.splitlines()[2:]]

    assert answers
    assert [answer for answer in answers if not 1 <= answer.count("`") / 2 <= 2] == []


def _arrows() -> dict[str, set[str]]:
    """The arrows of the map: a room, and the rooms right below it."""
    arrows: dict[str, set[str]] = {}
    for left, right in re.findall(r"^\s+([\w &]+) --> ([\w &]+)$", MAP, re.MULTILINE):
        for room in left.split(" & "):
            arrows.setdefault(room, set()).update(right.split(" & "))
    return arrows


def _reached(room: str, arrows: dict[str, set[str]]) -> set[str]:
    return arrows.get(room, set()).union(*(_reached(other, arrows) for other in arrows.get(room, set())))


def _imports() -> dict[str, set[str]]:
    """What each room imports of the others; the values at the bottom are left out."""
    rooms = set(re.findall(r"^\s+(\w+)\[", MAP, re.MULTILINE)) - {"base"}
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for room in rooms:
        folder = Path("hailuo", room)
        for path in [*folder.rglob("*.py"), *folder.parent.glob(f"{room}.py")]:
            imported = re.findall(r"^\s*from hailuo(?:\.| import )(\w+)", path.read_text(), re.MULTILINE)
            found[room] |= set(imported) & rooms - {room}
    return found


@pytest.mark.parametrize("code", sorted({code for row in TABLE for code in row.codes}))
def test_every_error_code_of_the_vendor_is_documented(code):
    """What the client decides by is written down, with its source."""
    errors = Path("docs/reference/vendor.md").read_text().partition("## Errors")[2].lower()

    assert code.strip("*") in errors


@pytest.mark.parametrize("key", sorted(_keys()))
def test_every_kind_of_key_in_the_store_is_documented(key):
    """A person who looks into the bucket finds out what each folder is."""
    assert f"{key}`" in Path("docs/reference/stores.md").read_text()


def test_every_make_target_that_a_document_names_exists():
    """A command can be typed as it is written."""
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE))
    named = {name for document in DOCUMENTS for name in re.findall(r"`make ([a-z-]+)", document.read_text())}

    assert named - targets == set()


def test_the_newest_heading_of_the_changelog_is_the_version():
    """One version, in pyproject.toml; the changelog follows it."""
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(\d[^\]]*)\]", Path("CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == version


@pytest.mark.parametrize(
    "lock",
    [
        "constraints.txt",
        "constraints-dev.txt",
        "constraints-bench.txt",
        "constraints-docs.txt",
        "constraints-deploy.txt",
        "constraints-release.txt",
        "benchmarks/judge/oracle-requirements.txt",
    ],
)
def test_lock_files_name_exact_versions_with_hashes_and_no_address(lock: str) -> None:
    """A fresh machine gets the same files, from whatever registry it has."""
    packages = re.split(r"\n(?=\S)", Path(lock).read_text(encoding="utf-8").strip())
    pinned = re.compile(
        r"[A-Za-z0-9._-]+==[A-Za-z0-9.+]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+"
    )

    assert len(packages) > 3
    assert [package for package in packages if not pinned.fullmatch(package)] == []


def test_the_lock_files_agree() -> None:
    """The product is tested with the versions that users get."""
    users, tested = (
        set(re.findall(r"^\S+==\S+", Path(lock).read_text(encoding="utf-8"), re.MULTILINE))
        for lock in ("constraints.txt", "constraints-dev.txt")
    )

    assert users <= tested


def test_every_ci_runs_the_same_script() -> None:
    """What passes in one place passes in the other."""
    workflow = yaml.safe_load(Path(".github/workflows/ci.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()

    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
    lines = [line for line in Path(".ci/run").read_text().splitlines() if line.startswith("make ")]
    assert {"check", "docs", "smoke", "demo", "test"} <= {word for line in lines for word in line.split()}


@pytest.mark.parametrize("form", sorted(Path(".github/ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=str)
def test_an_issue_form_is_complete(form: Path) -> None:
    """A form with a mistake is not offered."""
    read = yaml.safe_load(form.read_text(encoding="utf-8"))

    assert {"name", "description", "body"} <= read.keys()
    assert all(field["type"] == "markdown" or field["id"] for field in read["body"])
