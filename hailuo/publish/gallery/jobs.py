"""The data of the page's script: every job, the prompts, the facets and the columns, as plain JSON values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Final

from hailuo.media.inspection import proxy_fps
from hailuo.publish.gallery.links import Links
from hailuo.publish.gallery.words import (
    ManifestRow,
    cost,
    mapping,
    number,
    placement_name,
    placements,
    quality,
    reason,
    remedy,
    short_model,
    state_word,
    text,
    texts,
    word_changes,
)
from hailuo.publish.manifest.columns import COLUMN_TABLE, Kind
from hailuo.publish.manifest.rows import FINISH, OTHER_FINISH
from hailuo.publish.preferences import Preferences
from hailuo.publish.results import ClipResult, Results

Json = Mapping[str, object]
_NO_COLUMN: Final = frozenset(
    (
        *("schema", "campaign_id", "campaign_name", "batch_id", "edition", "prompt_sha256", "variant_id"),
        *("creative_id", "prompt", "state", "utm_content", "s3_uri", "s3_version_id", "s3_etag", "sha256"),
        *("first_frame_sha256", "first_frame_uri", "poster_uri", "sheet_uri", "proxy_uri"),
        *("sprite_uri", "ad_name", "cell_id", "prompt_id", "cost_currency", "pick", "rating", "reviewer"),
        *("reviewed_at", "note", "tags", "status", "digital_source_type", "provider", "qa_version"),
        *("spent_usd", "assumed_usd", "reserved_usd", "to_buy_usd", "clip_number"),
    )
)
_TRACES: Final = frozenset(
    (
        *("task_id", "request_id", "submitted_at", "completed_at", "stored_at", "bytes", "attempts"),
        *("is_control", "derivation", "error_message", "error_code", "refunded"),
    )
)
"""Columns to look something up in; they come last."""
_LABELS: Final[Mapping[str, str]] = {
    "prompt_label": "prompt",
    "duration_req": "ordered length",
    "size_req": "size",
    "first_frame_id": "first frame",
    "is_control": "control",
    "cost_actual": "charged",
    "cost_est": "estimated",
    "paid_twice_usd": "paid twice",
    "lost_usd": "lost",
    "render_s": "rendered in",
    "qa_verdict": "checks",
}
_HELP: Final = {
    column.name: ("US dollars" if column.kind is Kind.MONEY else column.unit, column.about)
    for column in COLUMN_TABLE
}
"""The unit of each column, and what it is in one sentence."""
_UNIT: Final = re.compile(r"_(?:s|pct|db|lufs|dbtp|bps|usd)$")
"""At the end of a column's name; a label has the unit in words."""
_SHAPE: Final = re.compile(r"(\d+)x(\d+)")
_ALWAYS: Final = ("prompt_label", "model", "duration_req", "size_req", "first_frame_id", "take")


def jobs_of(
    rows: Sequence[ManifestRow],
    *,
    links: Links,
    columns: Sequence[Json],
    prompts: Sequence[Json],
    copies: Mapping[str, Sequence[Json]],
    built_at: datetime,
) -> list[Json]:
    """One entry per row, with the copies made of its clip."""
    places = {(prompt["label"], prompt["text"]): place for place, prompt in enumerate(prompts)}
    return [
        {
            **_identity(row),
            "number": number(row, "clip_number") or at,
            **_state(row, built_at),
            **_media(row, links),
            "prompt": places[_prompt_key(row)],
            "levels": {axis: _level(row, axis) for axis in mapping(row, "factors")},
            "quality": quality(row),
            "placements": placements(row),
            "copies": copies.get(text(row, "creative_id"), ()),
            "values": [_value(row, str(column["name"])) for column in columns],
            "judgements": _judgements(row),
        }
        for at, row in enumerate(rows, start=1)
    ]


def with_results(jobs: Sequence[Json], results: Results | None) -> list[Json]:
    """The same entries, each with its results platform by platform: of the clip and its finished copies, the best first."""
    measured = results.by_clip() if results else {}
    names = [one.platform for one in results.platforms] if results else []
    return [
        {**job, "results": [_results(measured.get(str(job["id"]), {}).get(name, ()), job) for name in names]}
        for job in jobs
    ]


def platforms_of(results: Results | None) -> list[Json]:
    """The platforms of the newest report, each with its decision metric, in the order of `results` of a job."""
    return [
        {
            "name": f"result_{one.platform}",
            "platform": one.name,
            "label": f"{one.name} {one.label}",
            "metric": one.label,
            "unit": one.unit,
            "about": one.about,
            "compared": one.compared,
            "standings": list(dict.fromkeys(clip.standing for clip in one.clips)),
        }
        for one in (results.platforms if results else ())
    ]


def preferences_in_data(found: Preferences) -> Json:
    """What people preferred, axis by axis, with the levels as they are shown."""
    return {
        "axes": [
            {
                "axis": axis.axis,
                "label": axis.axis.replace("_", " "),
                "choices": axis.choices,
                "people": axis.people,
                "also": [[other.replace("_", " "), count] for other, count in axis.also],
                "levels": [{**asdict(one), "level": _shown(axis.axis, one.level)} for one in axis.levels],
            }
            for axis in found.axes
        ],
        "agreement": [asdict(one) for one in found.agreement],
    }


def _results(found: Sequence[ClipResult], job: Json) -> list[Json]:
    copies = job["copies"]
    versions = {one["id"]: one["version"] for one in copies} if isinstance(copies, list) else {}
    return [
        {
            "version": (versions.get(one.creative_id) or one.creative_id) if one.clip_id else "",
            "value": one.value,
            "corrected": one.corrected,
            "said": one.said,
            "interval": one.interval,
            "correctedSaid": one.corrected_said,
            "restsOn": one.rests_on,
            "standing": one.standing,
        }
        for one in found
    ]


def prompts_of(rows: Sequence[ManifestRow]) -> list[Json]:
    """The prompts as they appear, each with its changes from the (first) control's."""
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


def facets_of(rows: Sequence[ManifestRow]) -> list[Json]:
    """Every axis with its levels as they appear; the script hides the axes that do not vary."""
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


def columns_of(rows: Sequence[ManifestRow]) -> list[Json]:
    """The columns of the manifest worth a column in the table: one value per job, not the same for all jobs."""
    found = []
    for name in dict.fromkeys(name for row in rows for name in row):
        values = {value for value in (_value(row, name) for row in rows) if value is not None}
        if name in _ALWAYS or (name not in _NO_COLUMN and len(values) > 1):
            is_numeric = bool(values) and all(isinstance(value, int | float) for value in values)
            label = _LABELS.get(name) or _UNIT.sub("", name).replace("_", " ")
            unit, about = _HELP.get(name, ("", ""))
            found.append(
                {
                    "name": name,
                    "label": label,
                    "numeric": is_numeric,
                    "trace": name in _TRACES,
                    "unit": unit,
                    "about": f"{about[:1].upper()}{about[1:]}." if about else "",
                }
            )
    return sorted(found, key=lambda column: bool(column["trace"]))


def copies_of(rows: Sequence[ManifestRow], links: Links) -> Mapping[str, list[Json]]:
    """By creative id of the original, in the order of the rows: what each copy is for, its verdict, its link."""
    copies: dict[str, list[Json]] = {}
    for row in rows:
        if original := text(row, "derived_from"):
            copies.setdefault(original, []).append(_copy(row, original, links))
    return copies


def _copy(row: ManifestRow, original: str, links: Links) -> Json:
    uri, width, height = text(row, "s3_uri"), number(row, "width"), number(row, "height")
    file = uri.rpartition("/")[2]  # {original}-{placement or shape}.mp4, or ...-{version}-{finish id}.mp4
    ending = file.removeprefix(f"{original}-").removesuffix(".mp4") if file.startswith(f"{original}-") else ""
    name, finish = ending.partition("-")[0], text(row, "finish")
    shape = _SHAPE.fullmatch(name)
    said = f"{shape[1]}:{shape[2]}" if shape else name and placement_name(name)
    version = f" · {finish}" if finish else ""
    judged = next((one for one in placements(row) if one["name"] == name), None)
    factors = mapping(row, "factors")
    return {
        "id": text(row, "creative_id"),
        "version": text(factors, OTHER_FINISH) or text(factors, FINISH) if finish else "",
        "said": said + version if said else text(row, "derivation") or text(row, "creative_id"),
        "verdict": judged["verdict"] if judged else None,
        "reasons": judged["reasons"] if judged else [],
        "size": f"{width:.0f}x{height:.0f}" if width and height else "",
        "href": links.copy(uri) if uri else None,
    }


def _value(row: ManifestRow, name: str) -> str | float | None:
    value = row.get(name)
    if value is None or isinstance(value, dict | list | tuple):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        found = number(row, name)
        return None if found is None else round(found, 4)
    if isinstance(value, Decimal):
        return float(value)
    return short_model(str(value)) if name == "model" else str(value)


def _prompt_key(row: ManifestRow) -> tuple[str, str]:
    return text(row, "prompt_label") or "Prompt", text(row, "prompt")


def _identity(row: ManifestRow) -> Json:
    parameters = [f"{name} {value}" for name, value in mapping(row, "params").items()]
    model, frame = short_model(text(row, "model")), text(row, "first_frame_id")
    spoken = (
        *(text(row, "prompt_label"), model, f"{row['duration_req']} seconds", text(row, "size_req")),
        *(f"take {row['take']}", frame and f"first frame {frame}"),
    )
    return {
        "id": text(row, "creative_id"),
        "model": model,
        "family": text(row, "family"),
        "setting": " · ".join([f"{row['duration_req']} s", text(row, "size_req"), *parameters]),
        "seconds": number(row, "duration_req"),
        "take": row["take"],
        "frame": frame,
        "adName": text(row, "ad_name"),
        "control": bool(row["is_control"]),
        "replaces": text(row, "fallback_for"),
        "spoken": ", ".join(part for part in spoken if part),
    }


def _state(row: ManifestRow, built_at: datetime) -> Json:
    amount, note = cost(row)
    return {
        "state": text(row, "state"),
        "stateWord": state_word(text(row, "state")),
        "why": reason(row, built_at=built_at),
        "remedy": remedy(row),
        "cost": amount,
        "costNote": note,
    }


def _media(row: ManifestRow, links: Links) -> Json:
    def preview(column: str) -> str | None:
        uri = text(row, column)
        return links.preview(uri) if uri else None

    width, height, fps = (number(row, name) for name in ("width", "height", "fps"))
    stored = row["state"] == "stored"
    proxy = preview("proxy_uri") if stored else None
    clip = links.clip(text(row, "creative_id")) if stored else None
    return {
        "clip": clip or proxy,
        "proxy": proxy if clip else None,  # an embedded proxy would be in the page twice
        "poster": preview("poster_uri"),
        "strip": preview("sprite_uri"),
        "aspect": round(width / height, 4) if width and height else None,
        "fps": proxy_fps(fps) if fps and proxy and not clip else fps,
        "small": bool(proxy and not clip),
    }


def _judgements(row: ManifestRow) -> list[Json]:
    """The newest of each reviewer; of a manifest without that list, the one in its columns."""
    listed = row.get("judgements")
    given: list[Json] = []
    if isinstance(listed, list | tuple):
        given = [one for one in listed if isinstance(one, dict)]
    judged = text(row, "pick") not in {"", "none"} or any(
        row.get(name) for name in ("rating", "note", "tags")
    )
    if not given and judged:
        given = [row]
    return [
        {
            "pick": text(one, "pick") or "none",
            "rating": number(one, "rating"),
            "tags": texts(one, "tags"),
            "note": text(one, "note"),
            "reviewer": text(one, "reviewer") or "unnamed",
            "reviewed_at": text(one, "reviewed_at"),
        }
        for one in given
    ]


def _level(row: ManifestRow, axis: str) -> str:
    return text(mapping(row, "factors"), axis)


def _shown(axis: str, level: str) -> str:
    if axis == "duration" and level.isdigit():
        return f"{level} s"
    return (short_model(level) if axis == "model" else level) or "none"
