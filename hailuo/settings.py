"""The environment and the project file, read once and validated. No other module reads the environment."""

import difflib
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from hailuo.errors import Place, Problem, SettingsError
from hailuo.extras import Extra, is_installed, name_of
from hailuo.project import Project, find_project, read_project

DEMO_VENDOR: Final = "demo"
"""The vendor of the demo: a simulator, at another address each time."""
PRICE_TOLERANCE_PERCENT: Final = Decimal(10)

_PREFIX = "HAILUO_"
_POLLS_PER_MINUTE, _POLLS_PER_SUBMIT = 1200.0, 20.0
_Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _read_words(value: object) -> object:
    """`archived=completed, void=failed` as a table, in lower case. Raises: ValueError."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.lower().split(",") if part.strip()]
    if not all(word.strip() and equals for word, equals, _ in pairs):
        raise ValueError("give pairs of a word and its meaning, as in archived=completed,void=failed")
    return {word.strip(): meaning.strip() for word, _, meaning in pairs}


def _expand(value: object) -> object:
    """`~` and `$NAME` at the start of a path, as a shell expands them. Raises: ValueError for an unknown variable."""
    if not isinstance(value, str):
        return value
    expanded = os.path.expanduser(os.path.expandvars(value.strip()))  # noqa: PTH111 (text: it may be an s3:// address)
    if "$" in expanded:
        raise ValueError("names a variable that is not set")
    return expanded


def _checks_possible(value: str) -> str:
    if value == "on" and not is_installed(Extra.MEDIA):
        raise ValueError(f"needs packages that are not installed: pip install {name_of(Extra.MEDIA)}")
    return value


def _served(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError("is no address of a web server, such as http://localhost:4300")
    return value and value.rstrip("/")


class Settings(BaseModel):
    """Every setting: as given, else of the environment, else its default. Secrets do not print."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, validate_default=True)

    api_key: SecretStr | None = Field(
        default=None,
        validation_alias="IMAROUTER_API_KEY",
        description="The vendor's key, `sk-...`. It appears in no log, error, manifest or ledger fact.",
    )
    base_url: str = Field(
        default="https://api.imarouter.com",
        validation_alias="IMAROUTER_BASE_URL",
        description="The vendor, or a simulator on this machine.",
    )
    vendor: str | None = Field(
        default=None,
        description="The vendor's name in the store, where its address has changed. By default the address.",
    )
    store: Annotated[str, BeforeValidator(_expand)] = Field(
        default="./store",
        description="Where ledger, clips, manifests and galleries are kept: a folder, or `s3://bucket/prefix`.",
    )
    pages_url: Annotated[str | None, AfterValidator(_served)] = Field(
        default=None,
        description="Where people reach the galleries and reports of a folder store, such as `http://localhost:4300`; links begin with it. `python -m hailuo.publish.serving` serves them.",
    )
    s3_checksums: Literal["when_supported", "when_required"] = Field(
        default="when_supported", description="`when_required` for S3 servers that refuse checksum trailers."
    )
    s3_encryption: Literal["none", "AES256", "aws:kms"] = Field(
        default="none", description="Server-side encryption asked for; `none` leaves it to the bucket."
    )
    s3_kms_key: str | None = Field(default=None, description="The key for `aws:kms`; else the bucket's own.")
    submits_per_minute: Annotated[float, Field(gt=0, le=600)] = Field(
        default=5, description="Submits a minute: where the limiter starts, and its ceiling."
    )
    in_flight: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=8, description="Tasks in flight at once: where the limiter starts, and its ceiling."
    )
    poll_first_seconds: _Seconds = Field(
        default=20, description="The age of a task at its first poll, in seconds."
    )
    poll_every_seconds: _Seconds = Field(
        default=10,
        description="The pace of further polls. If you do not set it, the pace is learned from the clips that ended.",
    )
    polls_per_minute: Annotated[float, Field(gt=0, le=60_000)] | None = Field(
        default=None,
        description="The most polls a minute of all tasks together. By default 20 times the submits, and at least 1,200.",
    )
    deadline_seconds: _Seconds = Field(
        default=1800, description="The age at which a job is overdue: kept, and collected by the next run."
    )
    wait_minutes: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=45,
        description="How long a flow and `hailuo nightly` wait for a vendor, a store or a server that does not answer, before anything is bought.",
    )
    status_words: Annotated[
        Mapping[str, Literal["pending", "rendering", "completed", "failed"]] | None,
        BeforeValidator(_read_words),
    ] = Field(
        default=None,
        description="More words for a task's status, as in `archived=completed,void=failed`. The meanings are `pending`, `rendering`, `completed` and `failed`.",
    )
    max_jobs: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=10_000, description="The largest plan."
    )
    campaigns: Annotated[Path, BeforeValidator(_expand)] = Field(
        default=Path("./campaigns"),
        description="The folder of campaign files that the flows offer, and that the nightly run reads.",
    )
    catalog: Annotated[Path | None, BeforeValidator(_expand)] = Field(
        default=None, description="Your own catalog file (models, prices), laid over the built-in one."
    )
    checks: Annotated[Literal["on", "off"], AfterValidator(_checks_possible)] = Field(
        default="on",
        description="Check every stored clip, in two processes beside the run; `off` leaves it to `hailuo check`.",
    )
    max_usd_per_run: Annotated[Decimal, Field(gt=0)] | None = Field(
        default=None, description="The most that one run may spend, whatever the file says."
    )
    max_usd_per_month: Annotated[Decimal, Field(gt=0)] | None = Field(
        default=None, description="The most that all runs on this store may spend in a calendar month (UTC)."
    )
    exposure_usd: Annotated[Decimal, Field(ge=0)] = Field(
        default=Decimal(1),
        description="The most that the first clips of a model may cost before one is stored. One may always go; `0` lets one go at a time.",
    )
    price_tolerance_percent: Annotated[Decimal, Field(ge=0, le=1000)] = Field(
        default=PRICE_TOLERANCE_PERCENT,
        description="A charge that differs from its price by more than this stops buying.",
    )
    prefect_api_url: str | None = Field(
        default=None,
        validation_alias="PREFECT_API_URL",
        description="A Prefect server: with one, `hailuo run` runs as the flow `render-campaign`.",
    )

    @property
    def most_polls_per_minute(self) -> float:
        """The setting, else 20 times the submits, and at least 1,200."""
        return self.polls_per_minute or max(_POLLS_PER_MINUTE, _POLLS_PER_SUBMIT * self.submits_per_minute)

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, given: Mapping[str, object]) -> dict[str, object]:
        """Add what the environment sets. An empty variable is unset, and its name may be in lower case."""
        environment = {name.upper(): value for name, value in os.environ.items() if value}
        variables = {name: variable_of(name) for name in cls.model_fields}
        named = {
            name: variable for name, variable in variables.items() if not {name, variable} & given.keys()
        }
        found = {name: environment[variable] for name, variable in named.items() if variable in environment}
        unset = {} if is_installed(Extra.MEDIA) else {"checks": "off"}
        return {**unset, **found, **given}


def uses_proxy() -> bool:
    """Whether the environment names a proxy for the vendor's connections.

    httpx takes HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR from the environment by
    itself; boto3 takes the first two and its own AWS_ variables. See `aws_region` for the one it leaves out. Nothing else is read outside this module.
    """
    from urllib.request import getproxies  # noqa: PLC0415 (it loads an HTTP client, which most commands do not need)

    return not {"http", "https", "all"}.isdisjoint(getproxies())


def aws_region() -> str | None:
    """AWS_REGION, which boto3 does not read although every other AWS tool does; None leaves the region to boto3."""
    return os.environ.get("AWS_REGION") or None


def load_settings(near: Path | None = None) -> Settings:
    """Read the environment, and the project file near a campaign file. The environment goes first.

    Clips of a simulator on this machine never land beside bought ones: unless HAILUO_STORE names it, their store is
    another, `store-simulated`. Raises: SettingsError with everything that cannot be used.
    """
    problems = _unknown_variables()
    path, project, values = find_project(near), None, {}
    if path:
        try:
            project = read_project(path, known=Settings.model_fields.keys())
        except SettingsError as error:
            problems += error.problems
        else:
            values = {
                name: value for name, value in project.values.items() if not os.environ.get(variable_of(name))
            }
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # validated there
    except ValidationError as error:
        raise SettingsError([*problems, *_problems(error, values, project)]) from error
    if problems:
        raise SettingsError(problems)
    if is_loopback(settings.base_url) and not os.environ.get("HAILUO_STORE"):
        return settings.model_copy(update={"store": _simulated(settings.store)})
    return settings


def is_simulator(vendor: str) -> bool:
    """Whether a vendor, by its name or the address of its API, only simulates: nothing is billed there."""
    return vendor == DEMO_VENDOR or is_loopback(vendor)


def is_loopback(url: str) -> bool:
    """Whether a URL is of this machine, where only simulators and proxies are."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _simulated(store: str) -> str:
    """The store of clips from a simulator, beside the store of bought ones."""
    bucket_alone = re.fullmatch(r"s3://[^/]+/*", store)
    return "./store-simulated" if bucket_alone else f"{store.rstrip('/')}-simulated"


def prefer_embedded_prefect(*, home: Path) -> None:
    """Set defaults for Prefect's embedded server if the environment has none; call it before Prefect is imported.

    Its start takes longer than the 20 s it allows itself (docs/evidence/measurements.md#traps); no analytics are sent; it logs little.
    """
    os.environ.pop("PREFECT_API_URL", None)
    preferred = {
        "PREFECT_HOME": str(home.absolute()),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    for name, value in preferred.items():
        os.environ.setdefault(name, value)


def variable_of(name: str) -> str:
    """The environment variable that sets a field."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"{_PREFIX}{name.upper()}"


def _problems(error: ValidationError, values: Mapping[str, object], project: Project | None) -> list[Problem]:
    names = {variable_of(name).lower(): variable_of(name) for name in Settings.model_fields}
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        place = str(detail["loc"][0]) if detail["loc"] else "environment"
        variable = names.get(place.lower()) or variable_of(place)
        said = detail["msg"].removeprefix("Value error, ")
        reason = said[0].lower() + said[1:]
        setting = next((name for name in values if variable_of(name) == variable), None)
        if setting and project:
            found.append(Problem(project.place(setting), f"{setting} {reason}", "correct or delete the line"))
        else:
            found.append(Problem(Place(variable), reason, "correct or unset the variable"))
    return found


def _unknown_variables() -> list[Problem]:
    known = {variable_of(name) for name in Settings.model_fields}
    strangers = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    return [Problem(Place(name), "is not a setting", _nearest(name, known)) for name in strangers]


def _nearest(name: str, known: set[str]) -> str:
    """Compare without the first word, so that HAILUO_API_KEY suggests IMAROUTER_API_KEY."""
    endings = {variable.partition("_")[2]: variable for variable in sorted(known)}
    near = difflib.get_close_matches(name.partition("_")[2], endings, n=1)
    return (
        f"did you mean {endings[near[0]]}?" if near else f"unset it; settings are {', '.join(sorted(known))}"
    )
