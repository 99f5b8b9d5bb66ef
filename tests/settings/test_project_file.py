"""hailuo.toml: settings of a project, found upward from the campaign file; the environment goes first."""

from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.errors import SettingsError
from hailuo.settings import load_settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a folder of campaigns; the current folder is elsewhere."""
    (tmp_path / "ads" / "campaigns").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "ads"


def written(project: Path, text: str) -> Path:
    """The project file; gives a campaign file of the project."""
    (project / "hailuo.toml").write_text(text)
    return project / "campaigns" / "spring.yaml"


def test_paths_are_relative_to_the_project(project: Path) -> None:
    """Wherever the command is typed."""
    near = written(project, 'store = "clips"\ncampaigns = "./campaigns"\ncatalog = "catalog.yaml"\n')

    settings = load_settings(near)

    assert settings.store == str(project / "clips")
    assert settings.campaigns == project / "campaigns"
    assert settings.catalog == project / "catalog.yaml"


def test_the_current_folder_is_looked_at_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For commands without a file, from any folder of the project."""
    written(project, "max_usd_per_run = 12.50\n")
    monkeypatch.chdir(project / "campaigns")

    assert load_settings().max_usd_per_run == Decimal("12.50")


def test_an_environment_variable_goes_before_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And an empty one does not."""
    near = written(project, "in_flight = 3\nmax_jobs = 7\n")
    monkeypatch.setenv("HAILUO_IN_FLIGHT", "4")
    monkeypatch.setenv("HAILUO_MAX_JOBS", "")

    settings = load_settings(near)

    assert (settings.in_flight, settings.max_jobs) == (4, 7)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("max_usd_per_mouth = 4\n", "hailuo.toml:1", "'max_usd_per_mouth' is not a setting"),
        (
            "# ours\n\nin_flight = 0\n",
            "hailuo.toml:3",
            "in_flight input should be greater than or equal to 1",
        ),
        ('api_key = "sk-secret-123456"\n', "hailuo.toml:1", "is a secret"),
        ("store = \n", "hailuo.toml", "cannot be read"),
    ],
    ids=["unknown", "out of bounds", "secret", "no TOML"],
)
def test_a_mistake_is_named_with_its_line(project: Path, text: str, place: str, reason: str) -> None:
    """And no secret is repeated."""
    near = written(project, text)

    with pytest.raises(SettingsError) as refused:
        load_settings(near)

    (problem,) = refused.value.problems
    assert str(problem.place).endswith(place)
    assert reason in problem.reason
    assert "sk-secret" not in str(refused.value)


def test_the_mistakes_of_file_and_environment_come_together(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One round."""
    near = written(project, "in_flight = 0\n")
    monkeypatch.setenv("HAILUO_MAX_JOBS", "none")
    monkeypatch.setenv("HAILUO_STOER", "x")

    with pytest.raises(SettingsError) as refused:
        load_settings(near)

    assert len(refused.value.problems) == 3


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("clips", "clips-simulated"),
        ("s3://ads/hailuo", "s3://ads/hailuo-simulated"),
        ("s3://ads", "./store-simulated"),
    ],
)
def test_a_simulator_has_a_store_of_its_own(
    project: Path, monkeypatch: pytest.MonkeyPatch, named: str, kept: str
) -> None:
    """Beside the project's own; only HAILUO_STORE names it otherwise."""
    near = written(project, f'store = "{named}"\n')
    monkeypatch.setenv("IMAROUTER_BASE_URL", "http://127.0.0.1:8399")

    assert load_settings(near).store.removeprefix(f"{project}/") == kept
    monkeypatch.setenv("HAILUO_STORE", "here")
    assert load_settings(near).store == "here"


def test_home_and_variables_are_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As a shell does it where a scheduler does not."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WORK", "/srv/work")

    found = []
    for text in ("~/ads", "$HOME/ads", "${WORK}/ads"):
        monkeypatch.setenv("HAILUO_STORE", text)
        found.append(load_settings().store)

    assert found == [f"{tmp_path}/ads", f"{tmp_path}/ads", "/srv/work/ads"]


def test_an_unknown_variable_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, not created."""
    monkeypatch.setenv("HAILUO_STORE", "$NOT_SET_ANYWHERE/ads")

    with pytest.raises(SettingsError, match="HAILUO_STORE: names a variable that is not set"):
        load_settings()
