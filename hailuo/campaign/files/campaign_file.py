"""Reads a campaign file as a Campaign, as far as it is sound, with all of its problems."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from re import fullmatch
from zoneinfo import ZoneInfo, available_timezones

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files.document import Entries, Scalar
from hailuo.campaign.files.finishes import read_finishes
from hailuo.campaign.files.grids import GridBuilder
from hailuo.campaign.files.schema import SLUG, CampaignFile, IncludeRow, NightlySection
from hailuo.campaign.files.sections import WrittenAxes
from hailuo.campaign.files.sheet_rows import SHEET_SUFFIXES, read_rows
from hailuo.campaign.files.text import ProblemList, path_inside
from hailuo.campaign.files.yaml_campaign import read_yaml
from hailuo.campaign.finish import Finish
from hailuo.campaign.model import Campaign, IllegalPolicy, Nightly, SyntheticPerformer
from hailuo.errors import Place, Problem
from hailuo.sheets import key_of
from hailuo.store.layout import name_problem
from hailuo.text import quoted, slug_of, suggestion

_BEYOND_COUNTING = 10**30
_LONGEST_EDITION = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCampaign:
    """A campaign file, read. With problems, `campaign` is only the sound part of it: do not buy it.

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
    """Every problem of the file at once, and the campaign as far as it is sound. Nothing is raised.

    `at` is the scheduled start, aware: `{date}` in an edition is its date, in the campaign's timezone if it has one.
    `edition` overrides the file's. `text`, if given, is read in place of the file's content: then `path` only says
    which kind of file it is, where its frames and rows are, and under which name its problems are reported.
    """
    problems = ProblemList()
    found = _read(path, problems, max_jobs, text)
    nightly: Nightly | None = Nightly()
    campaign = None
    if found:
        nightly = _nightly(found.file, problems)
        if own := name_problem("campaign", found.file.campaign, found.file.place_of("campaign")):
            problems.add(own.place, own.reason, own.remedy)
        name = _edition(found.file, edition, at, problems)
        written = found.file.edition
        if edition is None and nightly is not None and "{date}" not in written:
            # Legal, but probably a mistake: the same edition never buys a clip twice.
            reason = (
                f"the edition {quoted(written)} is the same every night: after the first, nothing is bought"
            )
            remedy = 'write `edition: "night-{date}"` for a fresh one each night'
            problems.warn(found.file.place_of("edition"), reason, remedy)
        campaign = _build(found, name, nightly, catalog, max_jobs, problems)
    return LoadedCampaign(
        campaign=campaign, nightly=nightly, problems=problems.problems, warnings=problems.warnings
    )


@dataclass(frozen=True, slots=True)
class _ReadFile:
    """A file as pydantic accepts it, its products of axes, and the axes of which something was refused."""

    file: CampaignFile
    products: Sequence[WrittenAxes]
    faulty_axes: frozenset[str] = frozenset()


def _read(path: Path, problems: ProblemList, max_jobs: int, text: str | None) -> _ReadFile | None:
    place = Place(str(path))
    match path.suffix.lower():
        case ".yaml" | ".yml":
            found = read_yaml(path, problems, pasted=text)
            if found is None:
                return None
            file, faulty_axes = found
            include = [_included(row) for row in file.include]
            return _ReadFile(file, (*_products(file, path, problems, max_jobs), *include), faulty_axes)
        case suffix if suffix in SHEET_SUFFIXES:
            rows = read_rows(path, problems, most_rows=max_jobs, pasted=text)
            name = slug_of(path.stem)
            if not name:
                problems.add(place, "the file name cannot be a campaign name", "use a-z and 0-9 in it")
            if rows is None:
                return None
            root = Entries(place)
            root["campaign"] = Scalar(name or "campaign", name or "campaign", place)
            return _ReadFile(CampaignFile.model_validate(root), rows)
        case _:
            problems.add(place, "this is not a campaign file", "name a .yaml, .csv or .xlsx file")
            return None


def _included(row: IncludeRow) -> WrittenAxes:
    written = row.written(row.place, is_include=True, takes=row.takes)
    disclosure = SyntheticPerformer(row.disclosure) if row.disclosure else None
    return replace(written, columns=row.columns, disclosure=disclosure)


def _products(file: CampaignFile, path: Path, problems: ProblemList, max_jobs: int) -> Sequence[WrittenAxes]:
    """The matrix, once for each of `models`, or the rows of the sheet that is named instead of it."""
    rows = file.rows.content if file.rows else None
    for key in [
        key for key, is_given in (("matrix", file.matrix), ("models", file.models.sections)) if is_given
    ]:
        if rows:
            reason = f"the file has both `{key}` and `rows`"
            problems.add(file.place_of("rows"), reason, "keep one of the two")
    if file.models.sections:
        return _of_models(file, problems)
    if file.matrix:
        return (file.matrix.written(file.place_of("matrix")),)
    if file.rows and rows:
        try:
            sheet = path_inside(rows, path.parent)
        except ValueError as error:
            problems.add(file.rows.place, f"rows: {error}", "put the sheet beside this file")
            return ()
        return read_rows(sheet, problems, most_rows=max_jobs, asked_at=file.rows.place) or ()
    if not file.include and not {"matrix", "models", "rows", "include"} & file.refused_keys:
        problems.add(file.place, "the file names nothing to render", "add `matrix:`, `models:` or `rows:`")
    return ()


def _of_models(file: CampaignFile, problems: ProblemList) -> Sequence[WrittenAxes]:
    """The matrix with the values of each model; its own values replace those of the matrix."""
    shared = file.matrix.written(file.place_of("matrix")) if file.matrix else None
    if shared and "model" in shared.axes:
        reason = "the file names models in `models:` and in the matrix"
        problems.add(shared.place_of("model"), reason, "keep one of the two")
    products = []
    for name, section in file.models.sections.items():
        place = file.models.place_of(name)
        own = section.written(place, takes=section.takes)
        if "model" in own.axes:
            problems.add(own.place_of("model"), f"models.{name}: the name is the model", "remove `model`")
        axes = {**(shared.axes if shared else {}), **own.axes, "model": (Scalar(name, name, place),)}
        places = {**(shared.places if shared else {}), **own.places, "model": place}
        products.append(replace(own, axes={"model": axes["model"], **axes}, places=places))
    return products


def _nightly(file: CampaignFile, problems: ProblemList) -> Nightly | None:
    """The mark. One that cannot be read counts as a plain one: the file is refused, and the nightly run says so."""
    mark = file.nightly
    if not isinstance(mark, NightlySection):
        return Nightly() if mark or "nightly" in file.refused_keys else None
    if mark.first and mark.until and mark.until < mark.first:
        reason = f"nightly.until is {mark.until}, before nightly.from, {mark.first}"
        problems.add(mark.place_of("until"), reason, "swap the two, or leave one out")
        return Nightly(is_paused=mark.paused)
    return Nightly(first_night=mark.first, last_night=mark.until, is_paused=mark.paused)


def _edition(file: CampaignFile, override: str | None, at: datetime, problems: ProblemList) -> str:
    """The edition's name with the date of `at`, in the campaign's timezone if it has one, else in that of `at`."""
    zone, named = at.tzinfo, file.timezone
    if named is not None:
        try:
            zone = ZoneInfo(named)
        except (KeyError, ValueError, OSError):
            remedy = suggestion(named, ("UTC", *sorted(available_timezones())))
            problems.add(file.place_of("timezone"), f"unknown timezone {quoted(named)}", remedy)
    written = file.edition if override is None else override
    edition = written.replace("{date}", at.astimezone(zone).date().isoformat())
    place = file.place_of("edition") if override is None else Place(file.place.file)
    if own := name_problem("edition", edition, place):
        problems.add(own.place, own.reason, own.remedy)
        return edition  # for commands that only read: an earlier version allowed the name
    if not fullmatch(SLUG, edition) or len(edition) > _LONGEST_EDITION:
        remedy = "use a-z, 0-9 and hyphens, at most 60 of them; {date} may appear in it"
        problems.add(place, f"edition is {quoted(edition)}", remedy)
        return "main"
    return edition


def _build(
    found: _ReadFile,
    edition: str,
    nightly: Nightly | None,
    catalog: Catalog,
    max_jobs: int,
    problems: ProblemList,
) -> Campaign | None:
    file = found.file
    builder = GridBuilder(
        file, found.products, faulty_axes=found.faulty_axes, catalog=catalog, problems=problems
    )
    if not _fits(file, builder.products, max_jobs, problems):
        return None
    grids, control = builder.build()
    if not grids:
        return None
    return Campaign(
        name=file.campaign,
        edition=edition,
        grids=grids,
        settings=builder.settings,
        where_offered=builder.where_offered,
        frames=builder.frames,
        fallback=builder.fallback,
        registers_people=file.people == "registered",
        takes=file.takes,
        illegal=IllegalPolicy(file.illegal),
        budget_usd=file.budget.usd if file.budget else None,
        campaign_budget_usd=file.budget.campaign_usd if file.budget else None,
        control=control,
        placements=tuple(dict.fromkeys(file.placements)),
        finishes=_finishes(file, problems),
        ad_name_columns=_ad_name_columns(file, builder.products, problems),
        synthetic_performer=SyntheticPerformer(file.disclosure.synthetic_performer),
        failed_retries=file.retries.failed,
        timezone=file.timezone,
        nightly=nightly,
        place=file.place_of("campaign"),
    )


def _finishes(file: CampaignFile, problems: ProblemList) -> tuple[Finish, ...] | None:
    if file.finish is None:
        return () if "finish" in file.refused_keys else None
    return read_finishes(file.finish, Path(file.place.file).parent, problems)


def _ad_name_columns(
    file: CampaignFile, products: Sequence[WrittenAxes], problems: ProblemList
) -> tuple[str, ...]:
    """The columns as the rows spell them; one that no row has is a problem."""
    if not file.ad_name_columns:
        return ()
    known = {key_of(name): name for product in products for name in product.columns}
    for name in file.ad_name_columns:
        if key_of(name) not in known:
            reason = f"ad_name_columns: no row has a column {quoted(name)}"
            problems.add(file.place_of("ad_name_columns"), reason, suggestion(name, tuple(known.values())))
    return tuple(dict.fromkeys(known[key] for name in file.ad_name_columns if (key := key_of(name)) in known))


def _fits(file: CampaignFile, products: Sequence[WrittenAxes], max_jobs: int, problems: ProblemList) -> bool:
    """Whether the product is small enough; counted from the lengths of the axes, nothing is expanded."""
    jobs = 0
    for product in products:
        cells = product.takes or file.takes
        for raws in product.axes.values():
            cells = min(cells * len(raws), _BEYOND_COUNTING)
        jobs += cells
    if jobs <= max_jobs:
        return True
    places = (product.place for product in products if not product.is_include)
    place = next(places, file.place_of("campaign"))
    count = f"{jobs:,}" if jobs < _BEYOND_COUNTING else "more than 10^30"
    reason = f"the campaign is {count} jobs, the limit {max_jobs:,}"
    problems.add(place, reason, "use fewer values or takes, or raise the limit HAILUO_MAX_JOBS")
    return False
