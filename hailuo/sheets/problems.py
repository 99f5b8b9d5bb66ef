"""The error of a sheet that cannot be read."""

from hailuo.errors import Place, Problem, RefusedError


class UnreadableSheetError(RefusedError):
    """A sheet cannot be read: place, reason and remedy. Save it again as the remedy says."""

    def __init__(self, place: Place, reason: str, remedy: str) -> None:
        super().__init__([Problem(place, reason, remedy)])
