"""Paths that a campaign file names: inside its own folder, and nowhere else."""

from pathlib import Path, PurePosixPath


def path_inside(text: str, folder: Path) -> Path:
    """The path that `text` names from `folder`. Raises: ValueError, with the reason, when it leads outside."""
    relative = PurePosixPath(text)
    if relative.is_absolute() or ".." in relative.parts:
        raise ValueError("the path leads outside the campaign's folder")
    path = folder / relative
    try:
        resolved, home = path.resolve(), folder.resolve()
    except (OSError, RuntimeError, ValueError):
        raise ValueError("the path cannot be followed") from None
    if not resolved.is_relative_to(home):
        raise ValueError("the path leads outside the campaign's folder by a link")
    return path
