"""Rendering the report: one self-contained file, locked down by a content security policy of hashes."""

from collections.abc import Iterable, Mapping
from typing import Final

from hailuo.publish.gallery.words import moment
from hailuo.publish.manifest import SIMULATOR
from hailuo.publish.webpage import asset, render_page
from hailuo.report.findings import ReportFindings
from hailuo.report.formatting import date_range, money, percent, plural
from hailuo.report.metrics import METRICS, PLATFORM_NAMES
from hailuo.report.page.batch import batch_of
from hailuo.report.page.clip import Clip, safe_link, with_posters
from hailuo.report.page.costs import costs_of
from hailuo.report.page.days import curves_of, parts_of
from hailuo.report.page.forest import forests_of, takes_of
from hailuo.report.page.funnel import funnel_of
from hailuo.report.page.heat import heat_of
from hailuo.report.page.leaderboard import FIRST_ROWS, board_of
from hailuo.report.page.methods import methods_of
from hailuo.report.page.scatter import scatters_of
from hailuo.report.page.sheets import sheets_of
from hailuo.report.page.soundness import soundness_of
from hailuo.report.page.taste import taste_of
from hailuo.report.page.verdict import verdict_of
from hailuo.report.texts import texts

_STYLES: Final = ("tokens.css", "page.css", "tables.css", "charts.css", "print.css")
_SCRIPTS: Final = ("player.js", "tables.js")
_SOURCES: Final = {"img-src": "data: 'self' file: https:", "media-src": "'self' file: https: data:"}


def render(findings: ReportFindings, *, media: Mapping[str, Clip], title: str | None = None) -> str:
    """The report as HTML with nothing to load but the clips that `media` links to, by creative id.

    `title` replaces the campaign's name. A poster that is no data URI of a picture, and a link that
    is neither relative nor http(s) or file, are left out.
    """
    clips = with_posters(media, _shown(findings))
    page = render_page(
        __package__,
        styles=_STYLES,
        script="".join(asset(__package__, name) for name in _SCRIPTS),
        sources=_SOURCES,
        values={
            "title": title or findings.campaign,
            "simulated": findings.labels.get("provider") == SIMULATOR,
            "findings": findings,
            "designs": texts("design"),
            "about": _about(findings),
            "made_at": moment(findings.made_at),
            "verdicts": [
                verdict_of(found, currency=findings.health.currency, clips=clips)
                for found in findings.platforms
            ],
            "sheets": sheets_of(findings, clips),
            "confidence": percent(findings.confidence, digits=0),
            "data": soundness_of(findings),
            "boards": [board_of(found, findings=findings, clips=clips) for found in findings.platforms],
            "charts": [  # of sections 4 to 9
                {
                    "key": found.platform.value,
                    "platform": PLATFORM_NAMES[found.platform],
                    "forests": forests_of(found, findings=findings),
                    "takes": takes_of(found, findings=findings),
                    "heat": heat_of(found, findings=findings),
                    "heat_note": found.heat_note,
                    "funnel": funnel_of(found, findings=findings),
                    "curves": curves_of(found, findings=findings),
                    "parts": parts_of(found, findings=findings),
                    "scatters": scatters_of(found, findings=findings),
                }
                for found in findings.platforms
            ],
            "costs": costs_of(findings),
            "batch": batch_of(findings.proposal),
            "taste": taste_of(findings.preferences),
            "gallery": safe_link(findings.labels.get("gallery")),
            "methods": methods_of(findings),
        },
    )
    return page.decode()


def _about(findings: ReportFindings) -> str:
    """The line under the title: what was compared, where, when, and how."""
    health = findings.health
    clips = {creative.creative_id for found in findings.platforms for creative in found.creatives}
    names = " and ".join(PLATFORM_NAMES[found.platform] for found in findings.platforms)
    days = f"{date_range(health.first_day, health.last_day)} ({plural(health.days, 'day')} with results)"
    spend = f"{money(health.spend, health.currency)} spent"
    parts = (f"{plural(len(clips), 'clip')} on {names or 'no platform'}", days, spend)
    metrics = dict.fromkeys(METRICS[found.metric].label for found in findings.platforms)
    decided = " and ".join(metrics) or METRICS[findings.metric].label
    choice = findings.labels.get("choice")
    only = (f"only clips that are {choice}",) if choice else ()
    return " · ".join((*parts, *only, f"decided by {decided}"))


def _shown(findings: ReportFindings) -> Iterable[str]:
    """Whose posters matter, the most first: winners, then row by row over all platforms."""
    yield from (found.verdict.creative_id for found in findings.platforms if found.verdict.creative_id)
    yield from findings.best_first(FIRST_ROWS)
