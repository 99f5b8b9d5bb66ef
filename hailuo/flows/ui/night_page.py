"""The artifact of a night: a table of its campaigns, and everything that needs your attention."""

from collections.abc import Sequence
from typing import Final

from jinja2 import Environment
from prefect.artifacts import acreate_markdown_artifact

from hailuo.campaign.pricing import usd
from hailuo.errors import ExitCode
from hailuo.flows.ui.markdown import escaped
from hailuo.night.night import CampaignResult, NightReport
from hailuo.night.outcome import CampaignOutcome
from hailuo.publish.share import GalleryLink

_KEY: Final = "night"
_COLUMNS: Final = ("Bought", "Cost", "Estimate", "Failed", "Unknown", "Stored", "Unfinished")
"""The most important first: Prefect's page cuts wide tables off. One with nothing but 0 is left out."""
_PAGE: Final = """\
# {{ "Plans for the night" if report.is_dry_run else "The night" }} of {{ when }}

**{{ report.headline }}**

{% if report.results %}
| Campaign | {{ "Would be" if report.is_dry_run else "Ended" }} | {{ columns(titles) }} |
| --- | --- | {{ columns(lines) }} |
{% for result in report.results %}
| {{ result.due.campaign.name }} · {{ result.due.campaign.edition }} | {{ ended(result) }} | {{ columns(cells(result.outcome)) }} |
{% endfor %}
| **Total** | | {{ columns(cells(report.total)) }} |

{% for result in report.results if result.gallery %}
- Gallery of **{{ result.due.campaign.name }}**: {{ link(result.gallery) }}
{% endfor %}

Bought and cost count what was ordered since this run began, by this run or by another one.
{% endif %}
{% if report.total.unknown %}

**{{ money(report.total.unknown_usd) }} may have been spent on {{ report.total.unknown }} unknown submit{{ "s" if report.total.unknown > 1 }}.** The money stays reserved, and nothing is sent again
until you settle them with `reconcile`.
{% endif %}
{% for line in report.missed %}
{% if loop.first %}

## Not run

After a downtime only the newest night runs by itself. To render an older one, run `nightly` with its time in `due_at`.

{% endif %}
- {{ line }}
{% endfor %}
{% for line in report.waits %}
{% if loop.first %}

## Waited for

{% endif %}
- {{ line }}
{% endfor %}
{% for line in report.collected %}
{% if loop.first %}

## Collected first

{% endif %}
- {{ line }}
{% endfor %}
{% for one in report.leftovers %}
{% if loop.first %}

## Paid or unknown, not stored

{% endif %}
- {{ one.in_words() }}
{% endfor %}
{% for result in report.results if result.reasons %}
{% if loop.first %}

## What is missing

{% endif %}
{% for reason in result.reasons %}
- **{{ result.due.name }}**: {{ reason }}
{% endfor %}
{% endfor %}
{% for one in report.night.invalid %}
{% if loop.first %}

## Files that cannot be rendered

{% endif %}
{% for problem in one.problems %}
- **{{ one.name }}**: {{ problem }}
{% endfor %}
{% endfor %}
{% for one in report.night.skipped %}
{% if loop.first %}

## Skipped tonight

{% endif %}
- **{{ one.name }}**: {{ one.reason }}
{% endfor %}
"""


class _Markdown(str):
    """A piece of the page that is Markdown already."""

    __slots__ = ()


async def show_night(report: NightReport) -> None:
    """Leave the night's page as an artifact."""
    await acreate_markdown_artifact(night_page(report), key=_KEY, description=escaped(report.headline))


def night_page(report: NightReport) -> str:
    """The report as Markdown. No name, reason or path in it can act as markup."""

    def escape(value: object) -> str:
        return value if isinstance(value, _Markdown) else escaped(value)

    def ended(result: CampaignResult) -> str:
        would_start = report.is_dry_run and result.exit_code is ExitCode.COMPLETE
        return "started" if would_start else result.word

    environment = Environment(  # noqa: S701 (no HTML: `finalize` escapes for Markdown)
        trim_blocks=True, lstrip_blocks=True, finalize=escape
    )
    rows = [_cells(one.outcome) for one in report.results]
    shown = [at for at in range(len(_COLUMNS)) if any(row[at] != "0" for row in rows)]

    def columns(row: Sequence[str]) -> _Markdown:
        return _Markdown(" | ".join(row[at] for at in shown))

    return environment.from_string(_PAGE).render(
        report=report,
        when=f"{report.night.at:%Y-%m-%d, %H:%M %Z}",
        columns=columns,
        titles=_COLUMNS,
        lines=["---:"] * len(_COLUMNS),
        cells=_cells,
        ended=ended,
        link=_link,
        money=usd,
    )


def _cells(outcome: CampaignOutcome | None) -> Sequence[str]:
    """A campaign's cell for each of `_COLUMNS`."""
    if outcome is None:
        return ["not known"] * len(_COLUMNS)
    return [
        f"{outcome.bought} of {outcome.to_buy}",
        usd(outcome.spent_usd) + (f" + {usd(outcome.reserved_usd)} reserved" if outcome.reserved_usd else ""),
        usd(outcome.estimate_usd),
        str(outcome.failed),
        f"{outcome.unknown} ({usd(outcome.unknown_usd)})" if outcome.unknown else "0",
        f"{outcome.stored} of {outcome.jobs}",
        str(outcome.unfinished),
    ]


def _link(gallery: GalleryLink) -> _Markdown:
    if gallery.until is None:
        is_open = f"[open](<{gallery.address}>)" if gallery.is_url else escaped(gallery.address)
        return _Markdown(is_open)
    latest = "" if gallery.certain else " at the latest"
    return _Markdown(f"[open](<{gallery.address}>) until {gallery.until:%Y-%m-%d %H:%M} UTC{latest}")
