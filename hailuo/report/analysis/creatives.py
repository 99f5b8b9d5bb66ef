"""What the manifest knows of each creative, as far as a report shows it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from hailuo.report.findings import CreativeFinding, CreativeStanding
from hailuo.report.formatting import combination_name
from hailuo.report.join import original_of

_LOOKS: Final = (
    *("motion_flow_mean", "sharpness_lapvar", "colourfulness", "luma_mean", "contrast_std"),
    *("luma_flicker_pct", "ff_ssim"),
)
"""Measurements that a person can see: the scatter's other axis."""

_NO_LEVEL: Final = "none"


def creatives_of(variants: pd.DataFrame) -> dict[str, CreativeFinding]:
    """By creative id, in the manifest's order, as findings without results.

    A conformed copy counts for its original, and one with a finish for the first copy with that finish.
    """
    counted = set(original_of(variants).values())
    rows = {str(row["creative_id"]): row for row in variants.to_dict("records")}
    many_takes = any((_number(row.get("take")) or 1) > 1 for row in rows.values())
    found = {
        name: _creative(row, rows.get(_text(row.get("derived_from")), row), many_takes=many_takes)
        for name, row in rows.items()
        if name in counted
    }
    if any(one.clip_id for one in found.values()) and all(one.is_control for one in found.values()):
        found = {
            name: replace(one, is_control=False) for name, one in found.items()
        }  # it is no baseline of others
    labels = Counter(one.label for one in found.values())
    return {
        name: replace(one, label=f"{one.label} · {name}") if labels[one.label] > 1 else one
        for name, one in found.items()
    }


def _creative(row: Mapping[Any, Any], clip: Mapping[Any, Any], *, many_takes: bool) -> CreativeFinding:
    """`clip` is the row of the clip that a copy was made of, or the row itself."""
    finish, cell = _text(row.get("finish_id")), _text(row.get("cell_id")) or _text(row.get("variant_id"))
    levels, further = row.get("factors"), row.get("columns")
    factors = {
        str(axis): _text(level) or _NO_LEVEL
        for axis, level in (levels.items() if isinstance(levels, Mapping) else ())
    }
    number = _number(row.get("clip_number"))
    take, prompt = int(_number(row.get("take")) or 1), _text(row.get("prompt_label"))
    prompt = prompt or _text(row.get("prompt_id"))
    words = [combination_name(factors), f"take {take}" if many_takes else ""]
    actual = _number(clip.get("cost_actual"))
    return CreativeFinding(
        creative_id=str(row["creative_id"]),
        label=" · ".join(filter(None, words)) or prompt or str(row["creative_id"]),
        cell_id=f"{cell}-{finish}" if finish else cell,
        model=_text(row.get("model")),
        prompt=prompt,
        duration_s=int(_number(row.get("duration_req")) or 0),
        take=take,
        is_control=row.get("is_control") is not None and bool(row.get("is_control")),
        factors=factors,
        ads=0,
        days=0,
        counts={},
        estimates={},
        shrunk=None,
        p_best=None,
        expected_loss=None,
        against_control=None,
        standing=CreativeStanding.TOO_LITTLE_DATA,
        render_usd=_number(clip.get("cost_est")) if actual is None else actual,
        columns={str(name): _text(cell) for name, cell in further.items()}
        if isinstance(further, Mapping)
        else {},
        clip_number=None if number is None else int(number),
        family=_text(row.get("family")),
        looks={name: value for name in _LOOKS if (value := _number(clip.get(name))) is not None},
        clip_id=str(clip["creative_id"]) if clip is not row else "",
    )


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else " ".join(str(value).split())  # noqa: PLR0124 (NaN)


def _number(value: object) -> float | None:
    """A finite number, else None; the manifest's money is Decimal."""
    number = pd.to_numeric(str(value), errors="coerce") if value is not None else None
    return float(number) if number is not None and abs(float(number)) < float("inf") else None
