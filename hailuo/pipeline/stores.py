"""The store that the settings name."""

from pathlib import Path

from hailuo.errors import Place, Problem, SettingsError
from hailuo.settings import Settings
from hailuo.store import FolderStore, Store

__all__ = ["open_store"]


def open_store(settings: Settings, *, served_at: str | None = None) -> Store:
    """The store that the settings name. Raises: SettingsError."""
    if "://" in settings.store:
        problem = Problem(Place("HAILUO_STORE"), f"{settings.store} is not a folder", "name a folder")
        raise SettingsError([problem])
    return FolderStore(Path(settings.store), served_at=served_at)
