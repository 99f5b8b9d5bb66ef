"""Who is who: what the manifest knows of each creative, as far as a report shows it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

_LOOKS: Final = (
    "motion_flow_mean",
    "sharpness_lapvar",
    "colourfulness",
    "luma_mean",
    "contrast_std",
    "luma_flicker_pct",
    "ff_ssim",
)
"""Measurements that a person can see: the scatter's other axis."""

_NO_LEVEL: Final = "none"
_MODEL_PREFIX: Final = "MiniMax-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Creative:
    """One creative of the manifest; `factors` maps the axes that vary to its levels."""

    creative_id: str
    label: str
    cell_id: str
    model: str
    prompt: str
    duration_s: int
    take: int
    is_control: bool
    factors: Mapping[str, str]
    render_usd: float | None
    looks: Mapping[str, float]


def creatives_of(variants: pd.DataFrame) -> dict[str, Creative]:
    """Creative id to entrant, in the manifest's order, without conformed copies: they count for their original."""
    originals = [row for row in variants.to_dict("records") if not _text(row.get("derived_from"))]
    many = any(_number(row.get("take"), 1) > 1 for row in originals)
    found = {str(row["creative_id"]): _entrant(row, many_takes=many) for row in originals}
    twice = {label for label, times in Counter(one.label for one in found.values()).items() if times > 1}
    return {name: _unlike(one) if one.label in twice else one for name, one in found.items()}


def _entrant(row: Mapping[object, object], *, many_takes: bool) -> Creative:
    factors = _factors(row.get("factors"))
    take, prompt = (
        int(_number(row.get("take"), 1)),
        _text(row.get("prompt_label")) or _text(row.get("prompt_id")),
    )
    words = [_word(axis, level) for axis, level in factors.items() if level != _NO_LEVEL]
    if many_takes:
        words.append(f"take {take}")
    return Creative(
        creative_id=str(row["creative_id"]),
        label=" · ".join(words) or prompt or str(row["creative_id"]),
        cell_id=_text(row.get("cell_id")) or _text(row.get("variant_id")),
        model=_text(row.get("model")),
        prompt=prompt,
        duration_s=int(_number(row.get("duration_req"), 0)),
        take=take,
        is_control=row.get("is_control") is not None and bool(row.get("is_control")),
        factors=factors,
        render_usd=_price(row),
        looks={name: value for name in _LOOKS if (value := _known(row.get(name))) is not None},
    )


def _unlike(one: Creative) -> Creative:
    return replace(one, label=f"{one.label} · {one.creative_id}")


def _word(axis: str, level: str) -> str:
    match axis:
        case "duration":
            return f"{level} s"
        case "model":
            return level.removeprefix(_MODEL_PREFIX)
        case _:
            return level


def _factors(told: object) -> dict[str, str]:
    if not isinstance(told, Mapping):
        return {}
    return {str(axis): _text(level) or _NO_LEVEL for axis, level in told.items()}


def _price(row: Mapping[object, object]) -> float | None:
    actual = _known(row.get("cost_actual"))
    return _known(row.get("cost_est")) if actual is None else actual


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else " ".join(str(value).split())  # noqa: PLR0124 (NaN)


def _number(value: object, default: float) -> float:
    known = _known(value)
    return default if known is None else known


def _known(value: object) -> float | None:
    """A finite number, else None; the manifest's money is Decimal."""
    number = pd.to_numeric(str(value), errors="coerce") if value is not None else None
    return float(number) if number is not None and abs(float(number)) < float("inf") else None
