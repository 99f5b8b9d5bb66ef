"""The ad-testing report: from exports and manifest to an analysis, the next batch and a page."""

import asyncio
import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import pandas as pd

from hailuo.clock import Clock
from hailuo.errors import CampaignError, MissingKeyError, Place, Problem, RefusedError
from hailuo.logs import quiet_logger
from hailuo.plan.prepare import PreparedCampaign
from hailuo.publish import manifest
from hailuo.publish.picks import Choice, Said, chosen
from hailuo.publish.publish import publish, with_results
from hailuo.publish.share import GalleryLink, link_to, link_to_page
from hailuo.report.analysis.creatives import creatives_of
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.archive import from_json, to_json
from hailuo.report.clip_results import results_of
from hailuo.report.clips import media_of
from hailuo.report.estimates import estimates_table, to_csv, to_parquet
from hailuo.report.findings import ProposedRow, Recommendation, ReportFindings
from hailuo.report.inputs import FoundFiles, InputFiles, read_results, sort_files, study_cells
from hailuo.report.next_batch.draft import NextBatch, next_batch
from hailuo.report.next_batch.propose import proposal_rules
from hailuo.report.page import Clip, render
from hailuo.report.run_analysis import CHOICE, Chosen, analyse_results, compared
from hailuo.report.studies import with_studies
from hailuo.report.substitutes import without_substitutes
from hailuo.report.texts import say
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.store.port import is_key

LINKS_VALID_FOR: Final = timedelta(days=7)
"""S3 signs for no longer."""

_PAGE: Final = "report.html"
_FINDINGS: Final = "findings.json"
_NEXT: Final = "next.yaml"
_CONTENT_TYPES: Final[Mapping[str, str]] = {
    _PAGE: "text/html; charset=utf-8",
    "estimates.csv": "text/csv",
    "estimates.parquet": "application/vnd.apache.parquet",
    "results.parquet": "application/vnd.apache.parquet",
    _NEXT: "application/yaml",
    _FINDINGS: "application/json",
}
"""The files of a report in the order in which they are written: a report with findings.json is complete."""

_INPUTS: Final = "inputs_sha256"
_log = quiet_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What to report on, and how. `prepared` is the campaign file of today: without it there is no file for the next batch.

    `next_file` is where that file is written besides the store; `again` writes a report even where nothing is new.
    `choice` compares only clips that people judged so, and renders no more of the others.
    """

    files: FoundFiles
    analysis: AnalysisOptions
    ads: tuple[Path, ...] = ()
    mappings: tuple[Path, ...] = ()
    studies: tuple[Path, ...] = ()
    prepared: PreparedCampaign | None = None
    budget_usd: Decimal | None = None
    next_file: Path | None = None
    links_valid_for: timedelta = LINKS_VALID_FOR
    again: bool = False
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The findings, and the report's folder in the store. `is_new` is False if the newest report has the same inputs."""

    findings: ReportFindings
    folder: str
    page: GalleryLink
    is_new: bool
    next_file: Path | None = None

    @property
    def is_in_gallery(self) -> bool:
        """Whether the gallery shows its results. It keeps those of before where no ad was found, or only chosen clips are compared."""
        return is_shown(self.findings)


def is_shown(findings: ReportFindings) -> bool:
    """Whether a gallery takes these results over."""
    return bool(findings.platforms) and CHOICE not in findings.labels


async def report(store: Store, clock: Clock, request: ReportOptions, *, edition: Edition) -> Report:
    """Read, join, analyse, propose, and write a report of one edition; nothing is written where nothing is new.

    Raises: RefusedError with every problem of exports, options or file, before anything of the report is written;
    AdmissionError when nothing ever ran, or no clip is chosen; StoreUnavailableError.
    """
    files = await sort_files(
        store,
        request.files,
        ads=request.ads,
        mappings=request.mappings,
        studies=request.studies,
        edition=edition,
    )
    results, ads = await read_results(files)
    cells = study_cells(files, confidence=request.analysis.confidence)
    made = await publish(store, clock, edition)
    content = await store.read(made.edition.manifest_jsonl)
    only = await _chosen(store, edition, request.choice)
    inputs, before = _digest(files, content, request, made.said, only), await _newest_report(store, edition)
    variants = manifest.read_jsonl(content)
    analysed, valid_for = None, request.links_valid_for
    if before and not request.again and before.findings.labels.get(_INPUTS) == inputs:
        findings, folder = before.findings, before.folder
    else:
        analysed = await asyncio.to_thread(
            analyse_results, results, variants, ads, options=request.analysis, at=clock.now(), only=only
        )
        findings = with_studies(analysed.findings, cells)
        folder = edition.report(findings.made_at)
        if before and folder <= before.folder:  # of the same second, or of a machine whose clock is ahead
            folder = f"{before.folder.removesuffix('/')}_2/"
    # Also without a new report: the one before may have been made without a file for the next batch.
    batch = next_batch(
        findings,
        without_substitutes(variants),
        request.prepared,
        budget_usd=request.budget_usd,
        file_name=_NEXT,
        left_out=_left_out(variants, only) if only else (),
    )
    next_text = await asyncio.to_thread(_next_text, batch, request.next_file)
    measured = results_of(findings, report=f"{folder.removeprefix(edition.folder)}{_PAGE}")
    shown = replace(made, results=measured) if is_shown(findings) else made
    if analysed:
        findings = replace(
            compared(findings, before.findings if before else None),
            proposal=batch.proposal if batch else None,
            labels={**findings.labels, _INPUTS: inputs, "provider": str(variants["provider"].iloc[0])},
            thresholds={**findings.thresholds, **proposal_rules()},
            preferences=await asyncio.to_thread(replace(made, results=measured).preferences),
        )
        clips = await media_of(findings, variants, store, edition=edition, valid_for=valid_for)
        gallery = await link_to(shown, store, clock, valid_for=valid_for)
        page = await asyncio.to_thread(_page, findings, clips, gallery)
        await _keep(_files(findings, analysed.joined, page, batch), folder, store)
    if shown.results and shown.results != made.results:
        await with_results(made, shown.results, store, clock)
    return Report(
        findings=findings,
        folder=folder,
        page=await link_to_page(f"{folder}{_PAGE}", store, clock, valid_for=valid_for),
        is_new=analysed is not None,
        next_file=await asyncio.to_thread(_write, request.next_file, next_text),
    )


async def _chosen(store: Store, edition: Edition, choice: Choice) -> Chosen | None:
    """The chosen clips; None where nothing is asked. Raises: AdmissionError where it keeps no clip."""
    kept = await chosen(store, edition, choice)
    return None if kept is None else Chosen(creative_ids=kept, words=str(choice))


def _left_out(variants: pd.DataFrame, only: Chosen) -> list[ProposedRow]:
    """The combinations of which no clip was chosen, each as a row of the next batch that renders nothing."""
    every = creatives_of(variants[variants["derived_from"].isna()]).values()
    kept = {one.cell_id for one in every if one.creative_id in only.creative_ids}
    cells = {one.cell_id: one.factors for one in every if one.cell_id not in kept}
    reason = say("next_batch.not_chosen", choice=only.words)
    return [
        ProposedRow(action=Recommendation.DROP, cell=cell, takes=0, usd=0.0, reason=reason)
        for cell in cells.values()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PastReport:
    """A report made before: its folder in the store, ending in "/", and its findings."""

    folder: str
    findings: ReportFindings


async def _newest_report(store: Store, edition: Edition) -> _PastReport | None:
    """The newest complete report, or None; also if it is of a version that cannot be read, which is logged."""
    keys = [entry.key for entry in await store.listing(edition.reports)]
    newest = max((key for key in keys if key.endswith(f"/{_FINDINGS}") and is_key(key)), default=None)
    if newest is None:
        return None
    try:
        findings = from_json(await store.read(newest))
    except (MissingKeyError, RefusedError) as error:
        _log.warning("hailuo.report.not_readable", extra={"key": newest, "why": str(error)})
        return None
    return _PastReport(folder=newest.removesuffix(_FINDINGS), findings=findings)


def _page(findings: ReportFindings, clips: Mapping[str, Clip], gallery: GalleryLink) -> str:
    # The link is signed for people who look at the page; what is kept for later has none.
    address = gallery.address if gallery.until else "../../gallery.html"
    return render(replace(findings, labels={**findings.labels, "gallery": address}), media=clips)


def _files(
    findings: ReportFindings, joined: pd.DataFrame, page: str, batch: NextBatch | None
) -> Mapping[str, bytes]:
    table, results = estimates_table(findings), io.BytesIO()
    bare = joined.copy()
    bare.attrs = {}
    numbers = {one.creative_id: one.clip_number for found in findings.platforms for one in found.creatives}
    bare["clip_number"] = bare["creative_id"].map(numbers).astype("Int64")
    bare.to_parquet(results, index=False, compression="zstd")
    kept = batch.text_to_keep() if batch else ""
    return {
        _PAGE: page.encode(),
        _FINDINGS: to_json(findings),
        "estimates.csv": to_csv(table),
        "estimates.parquet": to_parquet(table),
        "results.parquet": results.getvalue(),
        **({_NEXT: kept.encode()} if kept else {}),
    }


async def _keep(contents: Mapping[str, bytes], folder: str, store: Store) -> None:
    for name, content_type in _CONTENT_TYPES.items():
        if name in contents:
            await store.put(f"{folder}{name}", contents[name], content_type=content_type)


def _next_text(batch: NextBatch | None, path: Path | None) -> str:
    """What is to be written to the path; empty where nothing is. Raises: CampaignError where it cannot be."""
    text = batch.text(folder=path.parent) if path and batch else ""
    if not path or not text:
        return text
    place, remedy = Place(str(path)), "name a new file for the next batch"
    if path.exists():  # it may well be the campaign itself; only what a look before wrote may stay
        if not (path.is_file() and path.read_bytes() == text.encode()):
            raise CampaignError([Problem(place, "is there already", remedy)])
    elif not (path.parent.is_dir() and os.access(path.parent, os.W_OK | os.X_OK)):
        raise CampaignError([Problem(place, "cannot be written there", "name a file in a folder that can")])
    return text


def _write(path: Path | None, text: str) -> Path | None:
    """The path, where there is something to write."""
    if path is None or not text:
        return None
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = f"cannot be written ({error.strerror}); the report itself was"
        raise CampaignError(
            [Problem(Place(str(path)), reason, "name another file, or copy next.yaml")]
        ) from error
    return path


def _digest(
    files: InputFiles, manifest_content: bytes, request: ReportOptions, said: Said, only: Chosen | None
) -> str:
    """Of everything that the report depends on; the same digest, the same report."""
    inputs = {
        "files": files.digests(),
        "manifest": hashlib.sha256(manifest_content).hexdigest(),
        "options": asdict(request.analysis),
        "budget_usd": str(request.budget_usd),
        "campaign": _campaign_digest(request.prepared),
        **({"pairs": [one.model_dump_json() for one in said.pairs]} if said.pairs else {}),
        **({"chosen": sorted(only.creative_ids)} if only else {}),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()


def _campaign_digest(prepared: PreparedCampaign | None) -> str:
    """Of what the file would render by today's catalog, and what keeps a combination out: the next batch depends on it."""
    if prepared is None:
        return ""
    jobs = [(job.creative_id, sorted(job.levels.items())) for job in prepared.expansion.jobs]
    bounds: list[object] = []
    if campaign := prepared.campaign:
        excluded = [
            [(axis, sorted(labels)) for axis, labels in sorted(match.items())]
            for grid in campaign.grids
            for match in grid.exclude
        ]
        bounds = [str(campaign.budget_usd), excluded]
    return hashlib.sha256(json.dumps([jobs, len(prepared.problems), bounds]).encode()).hexdigest()
