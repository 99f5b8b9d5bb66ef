"""What only some need is installed with an extra. One place knows what each brings, and what to say where it is missing."""

from collections.abc import Mapping
from enum import StrEnum
from importlib.util import find_spec
from typing import Final

from hailuo.errors import Place, Problem, SettingsError


class Extra(StrEnum):
    """An extra of pyproject.toml: `pip install 'hailuo-campaigns[s3]'`."""

    MEDIA = "media"
    PREFECT = "prefect"
    REPORT = "report"
    S3 = "s3"


MODULES: Final[Mapping[Extra, tuple[str, ...]]] = {
    Extra.MEDIA: ("cv2", "imagehash", "pdqhash"),
    Extra.PREFECT: ("prefect",),
    Extra.REPORT: ("pyarrow", "scipy", "statsmodels"),
    Extra.S3: ("boto3",),
}
"""The modules that each brings and that we import."""


def is_installed(extra: Extra) -> bool:
    """Whether everything that the extra brings is there. Nothing is loaded."""
    return all(find_spec(name) for name in MODULES[extra])


def refusal_of(error: ModuleNotFoundError, place: Place) -> SettingsError | None:
    """What to say where a module of an extra could not be loaded; None for any other module."""
    module = (error.name or "").partition(".")[0]
    extra = next((extra for extra, modules in MODULES.items() if module in modules), None)
    return SettingsError([missing(extra, place, "it")]) if extra else None


def missing(extra: Extra, place: Place, what: str) -> Problem:
    """`what` is what needs the extra, as a subject: `a bucket`."""
    return Problem(place, f"{what} needs packages that are not installed", f"pip install {name_of(extra)}")


def name_of(extra: Extra) -> str:
    """As pip takes it, quoted for a shell."""
    return f"'hailuo-campaigns[{extra}]'"


def require(extra: Extra, place: Place, what: str) -> None:
    """Go on only where the extra is installed. Raises: SettingsError with `missing`."""
    if not is_installed(extra):
        raise SettingsError([missing(extra, place, what)])
