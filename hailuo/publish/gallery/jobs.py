"""What the page's script is given: every job, the prompts, the facets and the columns, as plain JSON values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from hailuo.campaign.pricing import usd
from hailuo.publish.gallery.badges import placements, quality
from hailuo.publish.gallery.bill import Bill, bill
from hailuo.publish.gallery.difference import word_changes
from hailuo.publish.gallery.links import Links
from hailuo.publish.gallery.rows import Row, mapping, number, short_model, text, texts
from hailuo.publish.gallery.words import reason, state_word

Json = Mapping[str, object]
_NO_COLUMN: Final = frozenset(
    (
        *("schema", "campaign_id", "campaign_name", "batch_id", "edition", "prompt_sha256", "variant_id"),
        *("creative_id", "prompt", "state", "utm_content", "s3_uri", "s3_version_id", "s3_etag", "sha256"),
        *("first_frame_sha256", "first_frame_uri", "poster_uri", "sheet_uri", "proxy_uri", "strip_uri"),
        *("sprite_uri", "ad_name", "cell_id", "prompt_id", "cost_currency", "pick", "rating", "reviewer"),
        *("reviewed_at", "note", "tags", "status", "digital_source_type", "provider", "qa_version"),
    )
)
_TRACES: Final = frozenset(
    (
        *("task_id", "request_id", "submitted_at", "completed_at", "stored_at", "bytes", "attempts"),
        *("is_control", "derivation", "error_message", "error_code", "refunded"),
    )
)
"""Columns for looking something up: they tell nothing of how a clip looks or what it cost."""
_LABELS: Final[Mapping[str, str]] = {
    "prompt_label": "prompt",
    "duration_req": "ordered length",
    "size_req": "size",
    "first_frame_id": "first frame",
    "is_control": "control",
    "cost_actual": "charged $",
    "cost_est": "estimated $",
    "paid_twice_usd": "paid twice $",
    "lost_usd": "lost $",
    "render_s": "rendered in s",
    "qa_verdict": "checks",
}
_BY_DESIGN: Final = ("prompt_label", "model", "duration_req", "size_req", "first_frame_id", "take")


def jobs_of(
    rows: Sequence[Row],
    *,
    links: Links,
    columns: Sequence[Json],
    prompts: Sequence[Json],
    copies: Mapping[str, Sequence[Json]],
    built_at: datetime,
) -> list[Json]:
    """One entry per row, with the copies made of its clip."""
    positions = {(prompt["label"], prompt["text"]): at for at, prompt in enumerate(prompts)}
    return [
        {
            **_identity(row),
            **_state(row, built_at),
            **_media(row, links),
            "prompt": positions[_prompt_key(row)],
            "levels": {axis: _level(row, axis) for axis in mapping(row, "factors")},
            "quality": quality(row),
            "placements": placements(row),
            "copies": copies.get(text(row, "creative_id"), ()),
            "values": [_value(row, str(column["name"])) for column in columns],
            "judged": _judged(row),
        }
        for row in rows
    ]


def prompts_of(rows: Sequence[Row]) -> list[Json]:
    """The prompts as they appear, each with its way from the control's (of the first control, where there are several)."""
    control = next((text(row, "prompt") for row in rows if row["is_control"]), None)
    controls = {text(row, "prompt") for row in rows if row["is_control"]}
    firsts = {_prompt_key(row): row for row in reversed(rows)}
    return [
        {
            "label": label,
            "text": prompt,
            "variables": [
                [name, str(level)] for name, level in mapping(firsts[label, prompt], "prompt_vars").items()
            ],
            "changes": word_changes(control, prompt) if control and prompt not in controls else [],
        }
        for label, prompt in dict.fromkeys(_prompt_key(row) for row in rows)
    ]


def facets_of(rows: Sequence[Row]) -> list[Json]:
    """The axes, with their levels as they appear; for each whether it varies is the script's business."""
    axes = dict.fromkeys(axis for row in rows for axis in mapping(row, "factors"))
    return [
        {
            "axis": axis,
            "label": axis.replace("_", " "),
            "levels": [
                [level, _shown(axis, level)] for level in dict.fromkeys(_level(row, axis) for row in rows)
            ],
        }
        for axis in axes
    ]


def columns_of(rows: Sequence[Row]) -> list[Json]:
    """The columns of the manifest that tell jobs apart or measure them: one value per job, not the same for all."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    kept = [name for name in names if name in _BY_DESIGN or (name not in _NO_COLUMN and _tells(rows, name))]
    kept.sort(key=lambda name: name in _TRACES)
    return [
        {"name": name, "label": _label(name), "numeric": _is_numeric(rows, name), "trace": name in _TRACES}
        for name in kept
    ]


def _tells(rows: Sequence[Row], name: str) -> bool:
    found = {value for value in (_value(row, name) for row in rows) if value is not None}
    return len(found) > 1


def _is_numeric(rows: Sequence[Row], name: str) -> bool:
    values = [value for value in (_value(row, name) for row in rows) if value is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)


def _label(name: str) -> str:
    return _LABELS.get(name) or name.replace("_", " ")


def _value(row: Row, name: str) -> str | float | None:
    value = row.get(name)
    if isinstance(value, dict | list | tuple):
        return None
    if name == "model":
        return short_model(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        found = number(row, name)
        return None if found is None else round(found, 4)
    if isinstance(value, Decimal):
        return float(value)
    return None if value is None else str(value)


def _prompt_key(row: Row) -> tuple[str, str]:
    return text(row, "prompt_label") or "Prompt", text(row, "prompt")


def _identity(row: Row) -> Json:
    parameters = [f"{name} {value}" for name, value in mapping(row, "params").items()]
    return {
        "id": text(row, "creative_id"),
        "model": short_model(text(row, "model")),
        "setting": " · ".join([f"{row['duration_req']} s", text(row, "size_req"), *parameters]),
        "seconds": number(row, "duration_req"),
        "take": row["take"],
        "frame": text(row, "first_frame_id"),
        "adName": text(row, "ad_name"),
        "control": bool(row["is_control"]),
        "spoken": _spoken(row),
    }


def _spoken(row: Row) -> str:
    parts = [
        text(row, "prompt_label"),
        short_model(text(row, "model")),
        f"{row['duration_req']} seconds",
        text(row, "size_req"),
        f"take {row['take']}",
        f"first frame {row['first_frame_id']}" if row["first_frame_id"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _state(row: Row, built_at: datetime) -> Json:
    cost = bill(row)
    return {
        "state": text(row, "state"),
        "stateWord": state_word(text(row, "state")),
        "why": reason(row, built_at=built_at),
        "cost": "no price known" if cost.amount is None else usd(cost.amount),
        "costNote": _cost_note(cost),
    }


def _cost_note(cost: Bill) -> str:
    besides = ((cost.twice, "paid twice"), (cost.lost, "lost"))
    return "".join([cost.standing.value, *(f" + {usd(amount)} {said}" for amount, said in besides if amount)])


def _media(row: Row, links: Links) -> Json:
    width, height, fps = (number(row, name) for name in ("width", "height", "fps"))
    stored = row["state"] == "stored"
    proxy = _preview(row, links, "proxy_uri") if stored else None
    clip = links.clip(text(row, "creative_id")) if stored else None
    return {
        "clip": clip or proxy,
        "proxy": proxy if clip else None,  # an embedded one would else lie in the page twice
        "poster": _preview(row, links, "poster_uri"),
        "strip": _preview(row, links, "strip_uri", "sprite_uri"),
        "aspect": round(width / height, 4) if width and height else None,
        "fps": fps,
    }


def _preview(row: Row, links: Links, *columns: str) -> str | None:
    uri = next((text(row, column) for column in columns if row.get(column)), "")
    return links.preview(uri) if uri else None


def _judged(row: Row) -> Json | None:
    if not any(row.get(column) for column in ("pick", "rating", "note", "tags")):
        return None
    return {
        "pick": text(row, "pick") or "none",
        "rating": number(row, "rating"),
        "tags": texts(row, "tags"),
        "note": text(row, "note"),
        "reviewer": text(row, "reviewer"),
        "reviewed_at": text(row, "reviewed_at"),
    }


def _level(row: Row, axis: str) -> str:
    level = mapping(row, "factors").get(axis)
    return "" if level is None else str(level)


def _shown(axis: str, level: str) -> str:
    if axis == "duration" and level.isdigit():
        return f"{level} s"
    return (short_model(level) if axis == "model" else level) or "none"
