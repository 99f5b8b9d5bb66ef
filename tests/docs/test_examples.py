"""Every example in the documents can be used as it is printed: commands, campaign files, catalogs, settings, sheets."""

import json
import re
import shlex
import shutil
import subprocess
import textwrap
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import yaml

from hailuo.campaign.files import load_catalog
from hailuo.campaign.files.campaign_file import load_campaign
from hailuo.cli.main import cli
from hailuo.feed.feed import read_map
from hailuo.project import read_project
from hailuo.report.exports.mapping import read_mapping
from hailuo.settings import Settings
from scripts.generate_reference import PART

DOCUMENTS = [
    *map(Path, ("README.md", "CONTRIBUTING.md", "SECURITY.md", "campaigns/README.md")),
    *sorted(Path("docs").rglob("*.md")),
]
_BLOCK = re.compile(r"^([ ]*)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(hailuo [a-z-]+[^`\n]*)`")
_SHELL_STARTS = {"hailuo", "make", "export", "pip", "prefect", "aws", "docker", "pytest", "python3"}
_CUT = re.compile(r"\s(?:\d?>>?|\||&&?|;)")


def _blocks(*languages: str) -> Iterator[tuple[str, str]]:
    """(document:line, text) of each block in one of the languages; "" is a block without one."""
    for path in DOCUMENTS:
        text = PART.sub(lambda part: "\n" * part[0].count("\n"), path.read_text(encoding="utf-8"))
        for match in _BLOCK.finditer(text):
            if match[2] in languages:
                line = text.count("\n", 0, match.start()) + 2
                yield f"{path}:{line}", textwrap.dedent(match[3])


def _shell_blocks() -> Iterator[tuple[str, str]]:
    for place, text in _blocks("", "sh", "bash"):
        starts = {line.partition(" ")[0] for line in text.splitlines()}
        if starts & _SHELL_STARTS or "&& hailuo " in text:
            yield place, text


def _typed() -> list[str]:
    """Every `hailuo` command of the documents, once: of shell blocks and of running text."""
    lines = [line for _, text in _shell_blocks() for line in text.splitlines()]
    lines = [found[1] for line in lines if (found := re.search(r"(?:^|&& )(hailuo .*)", line))]
    texts = (PART.sub("", path.read_text(encoding="utf-8")) for path in DOCUMENTS)
    inline = [found for text in texts for found in _INLINE.findall(text)]
    return sorted({_CUT.split(re.sub(r"\s+#.*", "", line))[0].strip() for line in (*lines, *inline)})


@pytest.mark.parametrize("typed", _typed())
def test_a_command_in_the_documents_exists_with_its_options(typed):
    """Whoever types it is not refused for the words."""
    words = [word for word in shlex.split(typed)[1:] if not word.startswith("...")]
    if words[0] in {"COMMAND", "--help", "--version", "pl"}:  # "pl" is completed by the shell
        return
    command = cli.get_command(click.Context(cli), words[0])
    assert command, f"there is no command {words[0]}"
    context = click.Context(command, info_name=words[0], help_option_names=["-h", "--help"])
    for name in re.findall(r"(--[\w-]+)", typed):
        assert name in {
            option for one in command.get_params(context) for option in (*one.opts, *one.secondary_opts)
        }
    if words[-1] in ("--only", "--by", "--plan", "--why", "--next", "--yes", "--mapping", "--config"):
        return  # an option by its name alone
    given, _, _ = command.make_parser(context).parse_args([word for word in words[1:] if word])
    for parameter in command.get_params(context):
        kind, value = parameter.type, given.get(parameter.name or "")
        if isinstance(kind, click.Choice) and isinstance(value, str) and value.islower():
            assert value in kind.choices


def test_commands_are_found():
    """In blocks, in running text, and after a `cd`."""
    typed = _typed()

    assert len(typed) > 60
    assert "hailuo nightly --yes --budget 50" in typed


@pytest.mark.parametrize(("place", "text"), [*_shell_blocks()], ids=[place for place, _ in _shell_blocks()])
def test_a_shell_block_can_be_parsed(place, text):
    """No quote is left open."""
    if re.match(r"(\d+|\*) (\d+|\*) \* \* \*", text):
        text = text.partition("*  ")[2]  # a line of cron

    subprocess.run([shutil.which("sh") or "sh", "-n"], input=text, text=True, check=True)  # noqa: S603 (ours)


_CLIP = "include: [{model: MiniMax-Hailuo-02, duration: 6, size: 768p, prompt: Shoe on wet stone}]\n"


@pytest.mark.parametrize(("place", "text"), [*_blocks("yaml")], ids=[place for place, _ in _blocks("yaml")])
def test_a_yaml_block_is_read_without_a_problem(place, text, tmp_path):
    """A campaign is loaded and expanded, a catalog is laid over the built-in one."""
    value, path = yaml.safe_load(text), tmp_path / "example.yaml"
    if "finish" in value:  # with the files that it names, and a clip to finish
        shutil.copytree("campaigns/finish", tmp_path / "finish")
        text = f"campaign: example\n{_CLIP}{text}"
        value["campaign"] = "example"
    path.write_text(text, encoding="utf-8")
    if "campaign" in value:
        if sheet := value.get("rows"):
            (tmp_path / sheet).write_text(next(text for _, text in _blocks("csv")), encoding="utf-8")
        loaded = load_campaign(path, catalog=load_catalog(), at=datetime(2026, 11, 29, tzinfo=UTC))

        assert [str(problem) for problem in loaded.problems] == []
    elif "models" in value:
        assert load_catalog(path).models.keys() > load_catalog().models.keys() - value["models"].keys()
    else:
        assert {"jobs", True} <= value.keys()  # a workflow; YAML reads `on` as true


@pytest.mark.parametrize(("place", "text"), [*_blocks("toml")], ids=[place for place, _ in _blocks("toml")])
def test_a_toml_block_is_read_without_a_problem(place, text, tmp_path):
    """A project file, a mapping file of an export, or the map of a feed."""
    path = tmp_path / "hailuo.toml"
    path.write_text(text, encoding="utf-8")
    if tomllib.loads(text).keys() & Settings.model_fields.keys():
        read_project(path, known=Settings.model_fields.keys())
    elif "columns" in tomllib.loads(text):
        read_mapping(text.encode(), name="mapping.toml")
    elif "row" in tomllib.loads(text):
        read_map(text.encode(), "feed.toml")
    else:
        assert tomllib.loads(text).keys() == {"events"}, "continues the mapping file"


@pytest.mark.parametrize(("place", "text"), [*_blocks("json")], ids=[place for place, _ in _blocks("json")])
def test_a_json_block_is_json(place, text):
    """Programs can read it."""
    json.loads(text)


@pytest.mark.parametrize(("place", "text"), [*_blocks("csv")], ids=[place for place, _ in _blocks("csv")])
def test_a_sheet_is_read_without_a_problem(place, text, tmp_path):
    """It is a campaign by itself."""
    path = tmp_path / "products.csv"
    path.write_text(text, encoding="utf-8")
    loaded = load_campaign(path, catalog=load_catalog(), at=datetime(2026, 11, 29, tzinfo=UTC))

    assert [str(problem) for problem in loaded.problems] == []
