"""Rendering the page: one self-contained file, locked down by a content security policy of hashes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import pandas as pd

from hailuo.campaign.pricing import usd
from hailuo.publish.gallery.jobs import (
    columns_of,
    copies_of,
    facets_of,
    jobs_of,
    platforms_of,
    preferences_in_data,
    prompts_of,
    with_results,
)
from hailuo.publish.gallery.links import Links
from hailuo.publish.gallery.words import ManifestRow, amount, bytes_in_words, moment, number, short_model
from hailuo.publish.manifest.files import plain_rows
from hailuo.publish.manifest.rows import SIMULATOR
from hailuo.publish.preferences import Learned
from hailuo.publish.results import day_of
from hailuo.publish.webpage import asset, render_page

_STYLES: Final = ("tokens.css", "page.css", "tiles.css", "views.css", "stage.css", "print.css")
_SCRIPTS: Final = (
    *("dom.js", "data.js", "judgements.js", "exchange.js", "judging.js", "people.js", "results.js"),
    *("choice.js", "player.js", "tile.js", "failures.js", "layouts.js"),
    *(
        "stage.js",
        "notes.js",
        "compare.js",
        "blind.js",
        "pairs.js",
        "culling.js",
        "keys.js",
        "live.js",
        "main.js",
    ),
)
"""In the order in which they build on each other; together they are one script."""
_SOURCES: Final = {
    "media-src": "'self' file: data: blob: https: http:",
    "img-src": "'self' file: data: blob: https: http:",
    "connect-src": "'self'",  # a clip as a whole, from a server that sends no parts of files
}
_BESIDE: Final = Links()
_NOTHING_LEARNED: Final = Learned()


def facts(rows: Sequence[ManifestRow]) -> Mapping[str, object]:
    """The numbers at the top of the page, in words: the jobs counted, their money added up."""

    def total(column: str) -> Decimal:
        return sum((amount(row, column) for row in rows), Decimal(0))

    def distinct(column: str) -> list[str]:
        return list(dict.fromkeys(str(row[column]) for row in rows if row[column] is not None))

    parts = ((total("assumed_usd"), "of it by estimate"), (total("paid_twice_usd"), "of it paid twice"))
    unpriced = sum(row["state"] == "new" and row.get("to_buy_usd") is None for row in rows)
    return {
        "editions": ", ".join(distinct("edition")),
        "simulated": any(row.get("provider") == SIMULATOR for row in rows),
        "jobs": len(rows),
        "clips": sum(row["state"] == "stored" for row in rows),
        "spent": usd(total("spent_usd")),
        "spent_note": ", ".join(f"{usd(part)} {said}" for part, said in parts if part),
        "reserved": usd(total("reserved_usd")),
        "to_buy": usd(total("to_buy_usd")),
        "to_buy_note": f"and {unpriced} without a known price" if unpriced else "",
        "models": ", ".join(map(short_model, distinct("model"))),
        "durations": ", ".join(f"{duration} s" for duration in distinct("duration_req")),
        "sizes": ", ".join(distinct("size_req")),
        "clip_bytes": bytes_in_words(sum(number(row, "bytes") or 0 for row in rows)),
    }


def render(
    frame: pd.DataFrame,
    *,
    title: str,
    built_at: datetime,
    links: Links = _BESIDE,
    clips_until: datetime | None = None,
    learned: Learned = _NOTHING_LEARNED,
) -> bytes:
    """The page for a manifest (a frame of `hailuo.publish.manifest`): UTF-8 HTML that loads only clips and previews.

    A copy is shown on the clip that it was made of, and counts as no job. `links` are relative (a folder), data URIs
    (`embed`) or signed. `built_at`, aware, is shown, and waiting times count up to it. `clips_until` is shown: when
    the links end, if they do. `learned` are the results of the newest ad report, and what people preferred in blind pairs.
    """
    every = plain_rows(frame)
    rows = [row for row in every if not row.get("derived_from")]
    until = moment(clips_until) if clips_until else ""
    counts, columns, prompts = facts(rows), columns_of(rows), prompts_of(rows)
    jobs = jobs_of(
        rows,
        links=links,
        columns=columns,
        prompts=prompts,
        copies=copies_of(every, links),
        built_at=built_at,
    )
    results = learned.results
    jobs = with_results(jobs, results)
    data = {
        "campaign": title,
        "edition": counts["editions"],
        "seed": int.from_bytes(hashlib.sha256(title.encode(errors="replace")).digest()[:2]),
        "prompts": prompts,
        "facets": facets_of(rows),
        "columns": columns,
        "jobs": jobs,
        "until": until,
        "results": platforms_of(results),
        "preferences": preferences_in_data(learned.preferences),
    }
    as_json = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    script = "".join(asset(__package__, name) for name in _SCRIPTS)
    return render_page(
        __package__,
        styles=_STYLES,
        script=f'"use strict";\n(() => {{\n{script}}})();\n',
        sources=_SOURCES,
        values={
            "title": title,
            "built_at": moment(built_at),
            "clips_until": until,
            "facts": counts,
            "jobs": jobs,
            "report": results and {"made": day_of(results.made_at), "href": links.report(results.report)},
            "small": any(job["small"] for job in jobs),
            "prompts": prompts,
            # No text in it can end its script element.
            "data": as_json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        },
    )
