"""`hailuo init`: what it writes works as it is, and what exists is never overwritten."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

FILES = ("campaigns/spring.yaml", "campaigns/schema.json", "hailuo.toml", ".gitignore")

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to begin in."""
    home = tmp_path / "Spring Shoes"
    home.mkdir()
    monkeypatch.chdir(home)
    return home


def content(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_it_writes_validates_and_plans(hailuo, rehearsal, folder):
    """From nothing to a plan in two commands, and the second is the one that it prints."""
    begun = hailuo("init", "spring")

    assert begun.code == 0
    assert sorted(content(folder)) == sorted(FILES)
    assert "next: hailuo plan campaigns/spring.yaml" in begun.out
    assert hailuo("validate", "campaigns/spring.yaml").code == 0
    plan = hailuo("plan", "campaigns/spring.yaml")
    assert plan.code == 0
    assert "8 to buy" in plan.out


ZEPPELIN = """\
sources: {own: {text: our contract, checked: 2026-11-29}}
families:
  zeppelin:
    request: {model: "{model}", prompt: "{prompt}", seconds: "{duration}", size: "{size}"}
models:
  zeppelin-1:
    family: zeppelin
    prompt: {limit: 2000, source: own}
    first_frame: {rule: none, source: own}
    offers: [{duration: 4, size: HD, price_usd: 0.50, source: own}]
"""


def test_the_schema_of_a_project_knows_the_models_of_its_catalog(hailuo, folder, monkeypatch):
    """Editors offer your own model, and refuse a length that it does not make; the built-in ones stay."""
    (folder / "own.yaml").write_text(ZEPPELIN)
    monkeypatch.setenv("HAILUO_CATALOG", str(folder / "own.yaml"))

    assert hailuo("init", "spring").code == 0

    check = Draft202012Validator(json.loads((folder / "campaigns" / "schema.json").read_text()))
    assert check.is_valid({"campaign": "spring", "models": {"zeppelin-1": {"duration": 4, "size": "HD"}}})
    assert not check.is_valid({"campaign": "spring", "models": {"zeppelin-1": {"duration": 6}}})
    assert not check.is_valid({"campaign": "spring", "models": {"MiniMax-Hailuo-2.3": {"duration": 5}}})


@pytest.mark.parametrize("taken", [*((one,) for one in FILES), FILES])
def test_nothing_is_overwritten(hailuo, folder, taken):
    """One refusal names every file that exists, and no other file is written."""
    for name in taken:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    before = content(folder)

    said = hailuo("init", "spring")

    assert said.code == 2
    assert [line.partition(":")[0] for line in said.err.splitlines()] == sorted(taken)
    assert content(folder) == before


def test_a_link_that_leads_nowhere_is_a_file_too(hailuo, folder):
    """Writing through it would make a file elsewhere."""
    (folder / "hailuo.toml").symlink_to(folder.parent / "elsewhere")

    assert hailuo("init", "spring").code == 2
    assert not (folder.parent / "elsewhere").exists()


def test_a_project_gets_another_campaign(hailuo, folder):
    """With --file-only the project's own files stay as they are."""
    hailuo("init", "spring")
    (folder / "hailuo.toml").write_text('store = "./mine"\n')

    said = hailuo("init", "summer", "--file-only", "--product", "A straw hat", "--budget", "5")

    assert said.code == 0
    assert "A straw hat on {surface}" in (folder / "campaigns" / "summer.yaml").read_text()
    assert (folder / "hailuo.toml").read_text() == 'store = "./mine"\n'


def test_the_name_may_come_from_the_folder(hailuo, folder):
    """With --yes nothing is asked; without it and without a terminal a name is needed."""
    refused = hailuo("init")
    begun = hailuo("init", "--yes")

    assert refused.code == 2
    assert "--yes" in refused.err
    assert begun.code == 0
    assert (folder / "campaigns" / "spring-shoes.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Spring Sale"], "did you mean spring-sale?"),
        (["money"], "money-1"),
        (["spring", "--model", "MiniMax-Hailuo-2"], "did you mean 'MiniMax-Hailuo-02'?"),
        (["spring", "--model", "MiniMax-Hailuo-2.3-Fast"], "from text alone"),
        (["spring", "--budget", "1"], "over the budget of $1.00"),
        (["spring", "--product", "{x}"], "cannot begin a prompt"),
        (["spring", "--store", "s3:/bucket"], "s3://"),
    ],
)
def test_what_could_not_be_planned_is_refused_before_a_file_is_written(hailuo, folder, arguments, reason):
    """Each with its remedy."""
    said = hailuo("init", *arguments)

    assert said.code == 2
    assert reason in said.err
    assert content(folder) == {}
