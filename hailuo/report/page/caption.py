"""What stands under every chart: no chart without a unit, an n and an interval."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The words under one chart.

    Raises:
        ValueError: one of them is empty.
    """

    title: str
    unit: str
    n: str
    interval: str

    def __post_init__(self) -> None:
        empty = [field.name for field in fields(self) if not getattr(self, field.name).strip()]
        if empty:
            raise ValueError(f"a chart without {', '.join(empty)}: {self.title or 'untitled'}")
