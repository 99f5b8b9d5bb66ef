"""What is installed with an extra, and what is said where it is missing."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hailuo.errors import Place
from hailuo.extras import MODULES, Extra, is_installed, refusal_of

REFUSED = {
    Extra.S3: ({"HAILUO_STORE": "s3://bucket/prefix"}, ["status"], "HAILUO_STORE: a bucket"),
    Extra.MEDIA: ({}, ["check"], "hailuo check: looking at clips"),
    Extra.REPORT: ({}, ["report"], "hailuo report: a report"),
    Extra.PREFECT: (
        {"PREFECT_API_URL": "http://127.0.0.1:9/api"},
        ["run", "--yes"],
        "PREFECT_API_URL: a run as a flow",
    ),
}


def without(extra: Extra, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process for which the extra's packages do not exist."""
    code = f"import sys; sys.modules.update(dict.fromkeys({MODULES[extra]!r})); from hailuo.cli import main; main()"
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments],
        env={"HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("extra", Extra)
def test_a_missing_extra_is_refused_with_its_remedy(extra, campaign, tmp_path):
    """One line: the place, the reason, the very command that mends it; exit code 2, before money moves."""
    environment, arguments, start = REFUSED[extra]

    said = without(extra, *arguments, str(campaign), **{"HAILUO_STORE": str(tmp_path), **environment})

    remedy = f"needs packages that are not installed; pip install 'hailuo-campaigns[{extra}]'"
    assert (said.returncode, said.stdout, said.stderr) == (2, "", f"{start} {remedy}\n")


@pytest.mark.slow
def test_checks_that_cannot_be_made_are_refused_only_where_they_were_asked_for(campaign, tmp_path):
    """By default a plan goes on without them, and warns; HAILUO_CHECKS=on is refused."""
    place = {"HAILUO_STORE": str(tmp_path), "IMAROUTER_API_KEY": "sk-x"}
    plain = without(Extra.MEDIA, "plan", str(campaign), **place)
    asked = without(Extra.MEDIA, "plan", str(campaign), HAILUO_CHECKS="on", **place)

    assert (plain.returncode, asked.returncode) == (0, 2)
    assert "pip install 'hailuo-campaigns[media]'" in plain.stdout + plain.stderr
    assert "HAILUO_CHECKS" in asked.stderr
    assert "pip install 'hailuo-campaigns[media]'" in asked.stderr


EVERY_NAME_AND_COMMAND = """
import sys
import hailuo
from hailuo.cli.main import run

for name in hailuo.__all__:
    try:
        getattr(hailuo, name)
    except hailuo.HailuoError as error:
        print(error)
file, other = sys.argv[1:]
lines = "validate plan status money manifest check collect verify upload-plan reconcile report conform judge".split()
for line in [["ls"], ["frames", other], *([name, file] for name in lines), ["judge", file, other], ["report", file, other]]:
    assert run(line) in (0, 1, 2), line
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "missing",
    [tuple(Extra), *(pytest.param((extra,), marks=pytest.mark.long) for extra in Extra)],
    ids=["all", *Extra],
)
def test_no_public_name_and_no_command_fails_for_a_missing_extra(missing, campaign, tmp_path):
    """A module that is not there is never a traceback: it is named by its extra, or was not needed."""
    modules = [name for extra in missing for name in MODULES[extra]]
    other = tmp_path / "other.json"
    other.write_text("{}")
    code = f"import sys; sys.modules.update(dict.fromkeys({modules!r}))\n{EVERY_NAME_AND_COMMAND}"

    said = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, campaign, other],
        env={"HOME": "/nonexistent", "HAILUO_STORE": str(tmp_path / "store"), "IMAROUTER_API_KEY": "sk-x"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    named = {
        extra for extra in Extra if f"pip install 'hailuo-campaigns[{extra}]'" in said.stdout + said.stderr
    }
    assert named == {Extra.REPORT, Extra.MEDIA} & set(missing)
    if Extra.REPORT in missing:
        for name in ("judge_results", "read_ads", "read_results"):
            assert f"hailuo.{name}: it needs packages that are not installed" in said.stdout


def test_a_module_of_no_extra_keeps_its_error():
    """Only what an extra brings is explained by it."""
    place = Place("hailuo")

    assert refusal_of(ModuleNotFoundError(name="no_such_module"), place) is None
    assert "hailuo-campaigns[report]" in str(refusal_of(ModuleNotFoundError(name="scipy.stats"), place))


def test_every_extra_is_one_of_the_project_and_installed_for_its_tests():
    """The names of the message are those of pyproject.toml, and `all` holds each."""
    extras = tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert extras["all"] == [f"hailuo-campaigns[{','.join(sorted(Extra))}]"]
    assert set(Extra) <= extras.keys()
    assert all(is_installed(extra) for extra in Extra)
