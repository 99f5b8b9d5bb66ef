"""The page that a night leaves in the UI: a table of its campaigns, and everything that somebody has to look at."""

from datetime import UTC
from typing import Final

from jinja2 import Environment
from prefect.artifacts import acreate_markdown_artifact

from flows.ui.artifacts import escaped
from hailuo.campaign.pricing import usd
from hailuo.night.night import NightReport
from hailuo.night.outcome import Books
from hailuo.publish.share import GalleryLink

_KEY: Final = "night"
_PAGE: Final = """\
# {{ "Plans for the night" if report.is_dry_run else "The night" }} of {{ when }}

**{{ report.headline }}**

{% if report.parts %}
| Campaign | Edition | {{ "Would be" if report.is_dry_run else "Ended" }} | Bought | Cost | Estimate | Failed | Unknown | Stored | Unfinished |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{% for part in report.parts %}
| {{ part.due.campaign.name }} | {{ part.due.campaign.edition }} | {{ report.word(part) }} | {{ cells(part.books) }} |
{% endfor %}
| **Total** | | | {{ cells(report.total) }} |

{% for part in report.parts if part.gallery %}
- Gallery of **{{ part.due.campaign.name }}**: {{ link(part.gallery) }}
{% endfor %}

Bought and cost are of what was ordered since this run began, by it or by another beside it.
{% endif %}
{% if report.total.unknown %}

**{{ money(report.total.unknown_usd) }} may have been spent on {{ report.total.unknown }} unknown submit{{ "s" if report.total.unknown > 1 }}.** They are held, and not sent again
until `reconcile` settles them.
{% endif %}
{% for part in report.parts if part.reasons %}
{% if loop.first %}

## What is missing

{% endif %}
{% for reason in part.reasons %}
- **{{ part.due.name }}**: {{ reason }}
{% endfor %}
{% endfor %}
{% for one in report.night.unsound %}
{% if loop.first %}

## Files that cannot be rendered

{% endif %}
{% for problem in one.problems %}
- **{{ one.name }}**: {{ problem }}
{% endfor %}
{% endfor %}
{% for one in report.night.left_out %}
{% if loop.first %}

## Left out tonight

{% endif %}
- **{{ one.name }}**: {{ one.reason }}
{% endfor %}
"""


class _Markdown(str):
    """A piece of the page that is Markdown already."""

    __slots__ = ()


def night_page(report: NightReport) -> str:
    """The report as Markdown; no name, reason or path in it can be taken for markup."""
    environment = Environment(  # noqa: S701 (no HTML: `finalize` escapes for Markdown)
        trim_blocks=True, lstrip_blocks=True, finalize=_finalised
    )
    template = environment.from_string(_PAGE)
    when = report.night.at.astimezone(UTC).strftime("%Y-%m-%d, %H:%M UTC")
    return template.render(report=report, when=when, cells=_cells, link=_link, money=usd)


async def show_night(report: NightReport) -> None:
    """The night's page as an artifact."""
    await acreate_markdown_artifact(night_page(report), key=_KEY, description=escaped(report.headline))


def _finalised(value: object) -> str:
    """Whatever the page names is escaped, but for what is Markdown already."""
    return value if isinstance(value, _Markdown) else escaped(value)


def _cells(books: Books | None) -> _Markdown:
    """Bought, cost, estimate, failed, unknown, stored, unfinished: what matters first, the page cuts wide tables off."""
    if books is None:
        return _Markdown(" | ".join(["not known"] * 7))
    unknown = f"{books.unknown} ({usd(books.unknown_usd)})" if books.unknown else "0"
    cost = usd(books.spent_usd) + (f" + {usd(books.held_usd)} held" if books.held_usd else "")
    cells = [
        f"{books.bought} of {books.to_buy}",
        cost,
        usd(books.estimate_usd),
        str(books.failed),
        unknown,
        f"{books.stored} of {books.jobs}",
        str(books.unfinished),
    ]
    return _Markdown(" | ".join(cells))


def _link(gallery: GalleryLink) -> _Markdown:
    if gallery.until is None:
        return _Markdown(escaped(gallery.address))
    surely = "" if gallery.certain else " at the latest"
    return _Markdown(f"[open](<{gallery.address}>) until {gallery.until:%Y-%m-%d %H:%M} UTC{surely}")
