"""The environment, read once: the defaults people are promised, every variable, every mistake."""

import traceback
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from hailuo.errors import Place, SettingsError
from hailuo.settings import Settings, load_settings, uses_proxy

KEY = "sk-Zx81-never-show-me-Qy92"

VARIABLES: dict[str, tuple[str, object, str, object]] = {
    # variable: (field, default, a text, what it is read as)
    "IMAROUTER_API_KEY": ("api_key", None, KEY, SecretStr(KEY)),
    "IMAROUTER_BASE_URL": (
        "base_url",
        "https://api.imarouter.com",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080",
    ),
    "HAILUO_VENDOR": ("vendor", None, "imarouter", "imarouter"),
    "HAILUO_STORE": ("store", "./store", "s3://ads/hailuo", "s3://ads/hailuo"),
    "HAILUO_S3_CHECKSUMS": ("s3_checksums", "when_supported", "when_required", "when_required"),
    "HAILUO_S3_ENCRYPTION": ("s3_encryption", "none", "aws:kms", "aws:kms"),
    "HAILUO_S3_KMS_KEY": ("s3_kms_key", None, "alias/clips", "alias/clips"),
    "HAILUO_SUBMITS_PER_MINUTE": ("submits_per_minute", 5, "2.5", 2.5),
    "HAILUO_IN_FLIGHT": ("in_flight", 8, "40", 40),
    "HAILUO_POLL_FIRST_SECONDS": ("poll_first_seconds", 20, "45", 45),
    "HAILUO_POLL_EVERY_SECONDS": ("poll_every_seconds", 10, "15.5", 15.5),
    "HAILUO_POLLS_PER_MINUTE": ("polls_per_minute", None, "900", 900),
    "HAILUO_DEADLINE_SECONDS": ("deadline_seconds", 1800, "3600", 3600),
    "HAILUO_STATUS_WORDS": (
        "status_words",
        None,
        "Done=completed, void=failed",
        {"done": "completed", "void": "failed"},
    ),
    "HAILUO_WAIT_MINUTES": ("wait_minutes", 45, "30", 30),
    "HAILUO_MAX_JOBS": ("max_jobs", 10_000, "200", 200),
    "HAILUO_CHECKS": ("checks", "on", "off", "off"),
    "HAILUO_MAX_USD_PER_RUN": ("max_usd_per_run", None, "12.50", Decimal("12.50")),
    "HAILUO_EXPOSURE_USD": ("exposure_usd", Decimal(1), "0.50", Decimal("0.50")),
    "HAILUO_PAGES_URL": ("pages_url", None, "http://localhost:4300", "http://localhost:4300"),
    "HAILUO_PRICE_TOLERANCE_PERCENT": ("price_tolerance_percent", Decimal(10), "25", Decimal(25)),
    "HAILUO_MAX_USD_PER_MONTH": ("max_usd_per_month", None, "400", Decimal(400)),
    "HAILUO_CAMPAIGNS": ("campaigns", Path("./campaigns"), "/srv/campaigns", Path("/srv/campaigns")),
    "HAILUO_CATALOG": ("catalog", None, "our/catalog.yaml", Path("our/catalog.yaml")),
    "PREFECT_API_URL": ("prefect_api_url", None, "http://127.0.0.1:4200/api", "http://127.0.0.1:4200/api"),
}
ROWS = [(variable, *row) for variable, row in VARIABLES.items()]


@pytest.mark.parametrize(("variable", "field", "default", "text", "value"), ROWS, ids=VARIABLES)
def test_a_setting_has_its_default_and_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, field: str, default: object, text: str, value: object
) -> None:
    """As the table in the documentation says."""
    before = getattr(load_settings(), field)
    monkeypatch.setenv(variable, text)

    assert before == default
    assert getattr(load_settings(), field) == value


def test_every_setting_is_in_the_table() -> None:
    """And says what it means."""
    assert {row[0] for row in VARIABLES.values()} == set(Settings.model_fields)
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Schedulers pass empty texts for what they do not know."""
    monkeypatch.setenv(variable, "")

    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("variable", "texts"),
    [
        ("HAILUO_SUBMITS_PER_MINUTE", ["0", "-1", "601", "nan", "inf", "five", "5/min"]),
        ("HAILUO_IN_FLIGHT", ["0", "-1", "1001", "2.5", "many"]),
        ("HAILUO_POLL_FIRST_SECONDS", ["0", "-1", "86401", "nan", "20s"]),
        ("HAILUO_POLL_EVERY_SECONDS", ["0", "-1", "86401", "inf"]),
        ("HAILUO_DEADLINE_SECONDS", ["0", "-1", "86401", "1h"]),
        ("HAILUO_STATUS_WORDS", ["done", "done=x", "=failed", "done completed"]),
        ("HAILUO_MAX_JOBS", ["0", "-5", "1000001", "1e3x"]),
        ("HAILUO_MAX_USD_PER_RUN", ["0", "-5", "nan", "ten"]),
        ("HAILUO_MAX_USD_PER_MONTH", ["0", "-0.01", "inf"]),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, texts: list[str]
) -> None:
    """With the variable's name and a remedy."""
    refused = [_problem(monkeypatch, variable, text) for text in texts]

    assert {place for place, _ in refused} == {Place(variable)}
    assert {remedy for _, remedy in refused} == {"correct or unset the variable"}


def _problem(monkeypatch: pytest.MonkeyPatch, variable: str, text: str) -> tuple[Place, str]:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (problem,) = caught.value.problems
    return problem.place, problem.remedy


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("HAILUO_SUBMITS_PER_MINUTE", "600"),
        ("HAILUO_SUBMITS_PER_MINUTE", "0.01"),
        ("HAILUO_IN_FLIGHT", "1"),
        ("HAILUO_IN_FLIGHT", "1000"),
        ("HAILUO_DEADLINE_SECONDS", "86400"),
        ("HAILUO_MAX_JOBS", "1"),
        ("HAILUO_MAX_JOBS", "1000000"),
    ],
)
def test_a_value_on_the_bound_is_taken(monkeypatch: pytest.MonkeyPatch, variable: str, text: str) -> None:
    """Bounds are inclusive."""
    monkeypatch.setenv(variable, text)

    assert Decimal(str(getattr(load_settings(), VARIABLES[variable][0]))) == Decimal(text)


def test_every_problem_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong values and unknown names together: one round, not four."""
    monkeypatch.setenv("HAILUO_IN_FLIGHT", "many")
    monkeypatch.setenv("HAILUO_MAX_JOBS", "0")
    monkeypatch.setenv("HAILUO_STOER", "/clips")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    places = [problem.place.file for problem in caught.value.problems]
    assert places == ["HAILUO_IN_FLIGHT", "HAILUO_MAX_JOBS", "HAILUO_STOER"]


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("HAILUO_STOER", "HAILUO_STORE"),
        ("HAILUO_INFLIGHT", "HAILUO_IN_FLIGHT"),
        ("HAILUO_SUBMIT_PER_MINUTE", "HAILUO_SUBMITS_PER_MINUTE"),
        ("HAILUO_API_KEY", "IMAROUTER_API_KEY"),
        ("HAILUO_BASE_URL", "IMAROUTER_BASE_URL"),
        ("HAILUO_EVERY_SECONDS", "HAILUO_POLL_EVERY_SECONDS"),
    ],
)
def test_an_unknown_variable_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, variable: str, meant: str
) -> None:
    """A misspelt store must not send the night's clips to the default one."""
    monkeypatch.setenv(variable, "x")

    with pytest.raises(SettingsError, match=f"{variable}: is not a setting; did you mean {meant}"):
        load_settings()


def test_a_name_like_no_other_lists_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to guess."""
    monkeypatch.setenv("HAILUO_Q", "x")

    with pytest.raises(SettingsError, match=r"HAILUO_Q: is not a setting; .*HAILUO_STORE.*"):
        load_settings()


def test_foreign_variables_are_nobodys_business(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only our own prefix is looked after."""
    monkeypatch.setenv("IMAROUTER_TEAM", "x")
    monkeypatch.setenv("STORE", "/elsewhere")

    assert load_settings() == Settings()


def test_the_key_does_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a log line, nor in a dump, nor in a debugger."""
    monkeypatch.setenv("IMAROUTER_API_KEY", KEY)
    settings = load_settings()

    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        f"{settings.api_key}",
        repr(settings.api_key),
    ]

    assert not [text for text in shown if KEY in text]
    assert settings.api_key
    assert settings.api_key.get_secret_value() == KEY


def test_the_key_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in its message, and not in the traceback of its cause."""
    monkeypatch.setenv("IMAROUTER_API_KEY", KEY)
    monkeypatch.setenv("HAILUO_IN_FLIGHT", "many")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_settings_do_not_change() -> None:
    """They are read once."""
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().in_flight = 9


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_seen(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """httpx connects through it, so it is the proxy that looks names up."""
    assert not uses_proxy()

    monkeypatch.setenv(variable, "http://127.0.0.1:3128")

    assert uses_proxy()


def test_no_other_module_asks_the_environment_for_proxies() -> None:
    """The reference names the variables that httpx reads by itself."""
    root = Path(__file__).parents[2]
    readers = [
        path.name
        for path in (root / "hailuo").rglob("*.py")
        if "getproxies" in path.read_text(encoding="utf-8")
    ]
    page = (root / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")

    assert readers == ["settings.py"]
    assert all(name in page for name in ("HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"))
