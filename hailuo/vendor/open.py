"""Open the vendor that the settings name."""

from typing import Final

from pydantic import SecretStr

from hailuo.errors import Place, Problem, SettingsError
from hailuo.settings import Settings
from hailuo.vendor.client import VideoClient
from hailuo.vendor.status import TaskPhase

_NO_KEY: Final = SecretStr("sk-none")
"""Used where no key is set: a plan can be made without one, and admission refuses what needs one."""


def open_client(settings: Settings) -> VideoClient:
    """The vendor that the settings name, to be used in `async with`. Raises: SettingsError."""
    try:
        return VideoClient(
            base_url=settings.base_url,
            key=settings.api_key or _NO_KEY,
            status_words={word: TaskPhase(phase) for word, phase in (settings.status_words or {}).items()},
        )
    except ValueError as error:
        place = Place("IMAROUTER_BASE_URL and IMAROUTER_API_KEY")
        raise SettingsError([Problem(place, str(error), "correct the variable")]) from error
