"""A campaign file, read as a Campaign: as much of it as is sound, with everything that is not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from re import fullmatch
from zoneinfo import ZoneInfo, available_timezones

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files.csv_sheet import read_rows
from hailuo.campaign.files.findings import Findings
from hailuo.campaign.files.grids import BuiltGrid, GridBuilder
from hailuo.campaign.files.schema import SLUG
from hailuo.campaign.files.sheet import NOTHING, RawGrid, RawMatch, RawValue, Sheet
from hailuo.campaign.files.yaml_sheet import read_yaml
from hailuo.campaign.model import Campaign, Grid, IllegalPolicy, Nightly, SyntheticPerformer
from hailuo.errors import Place, Problem
from hailuo.text import quoted, slug_of, suggestion

_BEYOND_COUNTING = 10**30
_LONGEST_EDITION = 60

Match = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCampaign:
    """What a campaign file gave. With problems, `campaign` is only what was left of it: never to be bought.

    `nightly` is the file's mark even where `campaign` is None; a file that cannot be read at all counts as marked.
    """

    campaign: Campaign | None
    nightly: Nightly | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def load_campaign(
    path: Path,
    *,
    catalog: Catalog,
    at: datetime,
    edition: str | None = None,
    max_jobs: int = 10_000,
    text: str | None = None,
) -> LoadedCampaign:
    """Every problem of the file in one go, and the campaign as far as it is sound.

    `at` is the scheduled start, aware: `{date}` in an edition is its date in the campaign's timezone.
    `edition` overrides the file's. `text`, if given, is read in place of the file's content: then `path` only says
    which kind of file it would be, where its frames and rows lie, and what its problems are reported under. Nothing is raised for anything that a file may hold or lack.
    """
    findings = Findings()
    sheet = _read(path, findings, max_jobs, text)
    if sheet and edition is not None:
        sheet = replace(sheet, edition=edition, edition_place=Place(str(path)))
    elif sheet and sheet.nightly:
        _warn_of_one_edition(sheet, findings)
    campaign = _build(sheet, catalog, at, max_jobs, findings) if sheet else None
    nightly = sheet.nightly if sheet else Nightly()
    return LoadedCampaign(
        campaign=campaign, nightly=nightly, problems=findings.problems, warnings=findings.warnings
    )


def _warn_of_one_edition(sheet: Sheet, findings: Findings) -> None:
    """Legal, but hardly meant: the same edition never buys a clip twice."""
    if "{date}" not in sheet.edition:
        reason = (
            f"the edition {quoted(sheet.edition)} is the same every night: after the first, nothing is bought"
        )
        findings.warning(
            sheet.edition_place, reason, 'write `edition: "night-{date}"` for a fresh one each night'
        )


def _read(path: Path, findings: Findings, max_jobs: int, text: str | None) -> Sheet | None:
    match path.suffix.lower():
        case ".yaml" | ".yml":
            return read_yaml(path, findings, most_rows=max_jobs, pasted=text)
        case ".csv":
            return _read_csv(path, findings, max_jobs, text)
        case _:
            findings.problem(Place(str(path)), "this is no campaign file", "name a .yaml or a .csv file")
            return None


def _read_csv(path: Path, findings: Findings, max_jobs: int, text: str | None) -> Sheet | None:
    place = Place(str(path))
    grids = read_rows(path, findings, most_rows=max_jobs, pasted=text)
    name = slug_of(path.stem)
    if not name:
        findings.problem(place, "the file's name gives no campaign name", "call it by a-z and 0-9")
    if grids is None:
        return None
    return Sheet(
        name=name or "campaign", place=place, grids=tuple(grids), edition_place=place, timezone_place=place
    )


def _build(
    sheet: Sheet, catalog: Catalog, at: datetime, max_jobs: int, findings: Findings
) -> Campaign | None:
    edition = _edition(sheet, at, findings)
    if not _fits(sheet, max_jobs, findings):
        return None
    builder = GridBuilder(sheet, catalog, Path(sheet.place.file).parent, findings)
    grids = builder.build()
    matcher = _Matcher(builder, grids, findings)
    excludes = [match for raw in sheet.exclude if (match := matcher.exclude(raw))]
    control = matcher.control(sheet.control) if sheet.control else {}
    if not grids:
        return None
    return Campaign(
        name=sheet.name,
        edition=edition,
        grids=tuple(_grid(built, excludes) for built in grids),
        takes=sheet.takes,
        illegal=IllegalPolicy(sheet.illegal),
        budget_usd=sheet.budget_usd,
        campaign_budget_usd=sheet.campaign_budget_usd,
        control=control,
        placements=sheet.placements,
        synthetic_performer=SyntheticPerformer(sheet.synthetic_performer),
        failed_retries=sheet.failed_retries,
        timezone=sheet.timezone,
        nightly=sheet.nightly,
        place=sheet.place,
    )


def _grid(built: BuiltGrid, excludes: Sequence[Match]) -> Grid:
    apt = () if built.is_include else tuple(match for match in excludes if _meets(built, match))
    return Grid(axes=built.axes, exclude=apt, takes=built.takes, place=built.place)


def _meets(built: BuiltGrid, match: Match) -> bool:
    """Whether some cell of the grid matches."""
    return all(axis in built.labels and labels & built.labels[axis] for axis, labels in match.items())


def _fits(sheet: Sheet, max_jobs: int, findings: Findings) -> bool:
    """Whether the product is small enough; counted from the lengths of the axes, nothing is expanded."""
    jobs = sum((grid.takes or sheet.takes) * _cells(grid) for grid in sheet.grids)
    if jobs <= max_jobs:
        return True
    place = next((grid.place for grid in sheet.grids if not grid.is_include), sheet.place)
    count = f"{jobs:,}" if jobs < _BEYOND_COUNTING else "more than 10^30"
    reason = f"the campaign is {count} jobs, the limit {max_jobs:,}"
    findings.problem(place, reason, "use fewer values or takes, or raise the limit HAILUO_MAX_JOBS")
    return False


def _cells(grid: RawGrid) -> int:
    cells = 1
    for raws in grid.axes.values():
        cells *= len(raws)
        if cells > _BEYOND_COUNTING:
            break
    return cells


def _edition(sheet: Sheet, at: datetime, findings: Findings) -> str:
    """The edition's name with the date of `at` in the campaign's timezone."""
    date = at.astimezone(_zone(sheet, findings)).date().isoformat()
    edition = sheet.edition.replace("{date}", date)
    if not fullmatch(SLUG, edition) or len(edition) > _LONGEST_EDITION:
        remedy = "use a-z, 0-9 and hyphens, at most 60 of them; {date} may stand in it"
        findings.problem(sheet.edition_place, f"edition is {quoted(sheet.edition)}", remedy)
        return "main"
    return edition


def _zone(sheet: Sheet, findings: Findings) -> ZoneInfo:
    try:
        return ZoneInfo(sheet.timezone)
    except (KeyError, ValueError, OSError):
        remedy = suggestion(sheet.timezone, ("UTC", *sorted(available_timezones())))
        findings.problem(sheet.timezone_place, f"unknown timezone {quoted(sheet.timezone)}", remedy)
        return ZoneInfo("UTC")


class _Matcher:
    """Looks the values of partial matches up among the campaign's own."""

    def __init__(self, builder: GridBuilder, grids: Sequence[BuiltGrid], findings: Findings) -> None:
        self._names = builder.names
        self._tainted = builder.tainted
        self._grids = grids
        self._findings = findings

    def exclude(self, raw: RawMatch) -> Match | None:
        """The match to leave out; None when it is unsound."""
        if not raw.values:
            self._findings.problem(raw.place, "an empty exclude leaves nothing", "name an axis, or remove it")
            return None
        match = self._labels(raw)
        if match is None:
            return None
        if not any(_meets(built, match) for built in self._grids if not built.is_include):
            self._findings.warning(raw.place, "this exclude matches nothing", "mend it, or remove it")
        return match

    def control(self, raw: RawMatch) -> Mapping[str, str]:
        """The baseline's labels; empty when it is unsound."""
        match = self._labels(raw)
        if match is None:
            return {}
        if any(len(labels) != 1 for labels in match.values()):
            self._findings.problem(raw.place, "control names several values of an axis", "name one")
            return {}
        if not any(_meets(built, match) for built in self._grids):
            self._findings.problem(raw.place, "control matches no clip", "name one combination of the matrix")
            return {}
        return {axis: next(iter(labels)) for axis, labels in match.items()}

    def _labels(self, raw: RawMatch) -> Match | None:
        pairs = [(axis, list(self._label(axis, values))) for axis, values in raw.values.items()]
        if any(label is None for _, labels in pairs for label in labels):
            return None
        return {axis: frozenset(label for label in labels if label is not None) for axis, labels in pairs}

    def _label(self, axis: str, values: Sequence[RawValue]) -> Iterator[str | None]:
        for raw in values:
            text = NOTHING if raw.text is None else raw.text
            names = self._names.get(axis, {})
            label = names.get(text) or (names.get(text.casefold()) if axis == "size" else None)
            if label is None and axis not in self._tainted:
                self._refuse(axis, text, raw.place)
            yield label

    def _refuse(self, axis: str, text: str, place: Place) -> None:
        names = self._names.get(axis)
        if names is None:
            remedy = suggestion(axis, tuple(self._names))
            self._findings.problem(place, f"the campaign has no axis {quoted(axis)}", remedy)
            return
        remedy = suggestion(text, tuple(dict.fromkeys(names.values())))
        self._findings.problem(place, f"the axis '{axis}' has no value {quoted(text)}", remedy)
