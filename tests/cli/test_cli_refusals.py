"""Bad input: one clear message per problem, exit 2, nothing bought."""

from pathlib import Path

import pytest

BAD = sorted(path for path in Path("tests/bad_campaigns").iterdir() if path.suffix in {".yaml", ".csv"})


@pytest.mark.parametrize("file", BAD, ids=lambda path: path.name)
def test_a_bad_campaign_ends_with_exit_2_and_says_where_and_what_to_do(hailuo, file):
    """Every kind of bad file: no traceback, `place: reason; remedy` per line. Warnings are said beside them."""
    said = hailuo("validate", file)

    assert said.code == 2
    assert all(line.startswith("warning: tests/bad_campaigns/") for line in said.out.splitlines())
    for line in said.err.splitlines():
        place, _, rest = line.partition(": ")
        assert place.startswith("tests/bad_campaigns/")
        assert "; " in rest


@pytest.mark.parametrize("command", ["plan", "run", "status", "manifest"])
def test_every_command_refuses_a_missing_file(hailuo, command, tmp_path):
    """A wrong path is a message, not a traceback."""
    said = hailuo(command, tmp_path / "nowhere.yaml")

    assert said.code == 2
    assert "nowhere.yaml" in said.err


def test_problems_of_several_files_are_told_together(hailuo, campaign, tmp_path):
    """All files are read before anything is said, sound ones included."""
    bad = tmp_path / "bad.yaml"
    bad.write_text("campaign: x\nmatrx: {}\n")

    said = hailuo("validate", campaign, bad)

    assert said.code == 2
    assert "did you mean" in said.err
    assert "4 jobs" in said.out


def test_an_unknown_setting_is_refused_with_the_nearest_name(hailuo, campaign, monkeypatch):
    """A typo in the environment is no silent default."""
    monkeypatch.setenv("HAILUO_SUBMIT_PER_MINUTE", "5")

    said = hailuo("plan", campaign)

    assert said.code == 2
    assert "HAILUO_SUBMITS_PER_MINUTE" in said.err


def test_a_budget_that_is_no_amount_is_refused(hailuo, campaign):
    """Options are checked like files."""
    said = hailuo("plan", campaign, "--budget", "-3")

    assert said.code == 2
    assert "above 0" in said.err


def test_only_needs_an_axis_and_a_value(hailuo, campaign):
    """`--only model` says nothing."""
    said = hailuo("plan", campaign, "--only", "model")

    assert said.code == 2
    assert "AXIS=VALUE" in said.err


def test_a_store_that_is_no_folder_is_refused(hailuo, campaign, monkeypatch):
    """Other stores are named in the message, not in a traceback."""
    monkeypatch.setenv("HAILUO_STORE", "gs://bucket")

    said = hailuo("plan", campaign)

    assert said.code == 2
    assert "HAILUO_STORE" in said.err


def test_a_run_without_a_key_is_refused_before_anything_is_asked(hailuo, campaign, tmp_path, monkeypatch):
    """The plan is made without a key, and says that a run needs one."""
    monkeypatch.setenv("HAILUO_STORE", str(tmp_path / "store"))

    planned = hailuo("plan", campaign)
    refused = hailuo("run", campaign, "--yes")

    assert planned.code == 2
    assert "a run would be refused: IMAROUTER_API_KEY: is not set" in planned.out
    assert refused.code == 2
    assert "IMAROUTER_API_KEY" in refused.err
