"""What is installed with an extra, and what is said where it is missing."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hailuo.extras import MODULES, Extra, is_installed

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


def test_every_extra_is_one_of_the_project_and_installed_for_its_tests():
    """The names of the message are those of pyproject.toml, and `all` holds each."""
    extras = tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert extras["all"] == [f"hailuo-campaigns[{','.join(sorted(Extra))}]"]
    assert set(Extra) <= extras.keys()
    assert all(is_installed(extra) for extra in Extra)
