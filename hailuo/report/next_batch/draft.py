"""The next batch: what the findings propose, held against the campaign file, and a campaign file that renders it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Final

import pandas as pd

from hailuo.campaign.files import DraftCampaign, DraftRow, write_campaign
from hailuo.campaign.model import Campaign, Level
from hailuo.campaign.pricing import usd
from hailuo.campaign.variant import FirstFrame
from hailuo.plan.prepare import PreparedCampaign
from hailuo.report.findings import Proposal, ProposedRow, Recommendation, ReportFindings
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.next_batch.cells import Cells, charged_prices, constant_labels, prices_paid
from hailuo.report.next_batch.propose import Policy, propose
from hailuo.report.texts import say

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class NextBatch:
    """What to do about every combination, and the campaign file that does it; None where there is none to write."""

    proposal: Proposal
    draft: DraftCampaign | None = None

    def text(self, *, folder: Path) -> str:
        """The campaign file, as it reads in this folder; empty where there is none.

        Raises: CampaignError for a first frame in another place.
        """
        return write_campaign(self.draft, folder=folder) if self.draft else ""

    def text_to_keep(self) -> str:
        """The same for the store, to be read beside the campaign: links to frames go without their query, a grant."""
        if self.draft is None:
            return ""

        def bare(level: Level) -> Level:
            frame = level.value
            return replace(level, value=frame.without_signature()) if isinstance(frame, FirstFrame) else level

        cells = [{axis: bare(level) for axis, level in row.cell.items()} for row in self.draft.rows]
        rows = tuple(replace(row, cell=cell) for row, cell in zip(self.draft.rows, cells, strict=True))
        folder = Path(self.draft.follows.place.file).parent
        return write_campaign(replace(self.draft, rows=rows), folder=folder)


def next_batch(
    findings: ReportFindings,
    variants: pd.DataFrame,
    prepared: PreparedCampaign | None,
    *,
    budget_usd: Decimal | None,
    file_name: str,
    left_out: Sequence[ProposedRow] = (),
) -> NextBatch | None:
    """What to render next, by the platform on which most was spent; None where nothing was judged.

    `left_out` are combinations that ran and are not to be rendered again, whatever their results. Without a budget it may cost as much as the file's own budget, else as much as this edition's clips did.
    """
    if not findings.platforms:
        return None
    found, campaign, cells = findings.platforms[0], None, None
    if prepared and not prepared.problems and prepared.campaign:
        campaign = prepared.campaign
        constant, charged = constant_labels(variants), charged_prices(variants)
        cells = Cells(campaign, prepared.catalog, constant=constant, charged=charged)
    budget = budget_usd or (campaign and campaign.budget_usd) or _cost_of(variants)
    paid = prices_paid(variants)  # without a campaign file, only what was rendered can be rendered again
    is_legal = cells.is_legal if cells else lambda cell: frozenset(cell.items()) in paid
    closed = {frozenset(row.cell.items()) for row in left_out}
    policy = Policy(
        budget_usd=budget,
        is_legal=lambda cell: frozenset(cell.items()) not in closed and is_legal(cell),
        price_of=cells.price_of if cells else lambda cell: paid.get(frozenset(cell.items())),
        seed=findings.seed,
    )
    made_later = _factors_of_copies(variants)
    creatives = [
        replace(one, factors={axis: level for axis, level in one.factors.items() if axis not in made_later})
        for one in found.creatives
    ]
    factors = [factor for factor in found.factors if factor.name not in made_later]
    rows = (*propose(creatives, factors, policy=policy), *left_out)
    draft = None
    if campaign and cells and (draft_rows := tuple(_draft_rows(rows, cells))):
        draft = DraftCampaign(
            follows=campaign,
            edition=f"next-{findings.made_at:%Y-%m-%d-%H%M}",
            rows=draft_rows,
            budget_usd=budget.quantize(_CENT, rounding=ROUND_UP),
            title=_title(findings, rows),
            parameters=cells.parameters,
        )
    proposal = Proposal(
        rows=rows,
        usd=_total(rows),
        budget_usd=float(budget),
        file=file_name if draft else None,
        note=" ".join(_notes(findings, has_file=prepared is not None, campaign=campaign, draft=draft)),
    )
    return NextBatch(proposal=proposal, draft=draft)


def _factors_of_copies(variants: pd.DataFrame) -> frozenset[str]:
    """Factors of finished copies that no clip was ordered by: the next batch orders clips."""
    is_copy = variants["derived_from"].notna()
    ordered, copied = (
        {axis for levels in variants.loc[some, "factors"] if isinstance(levels, Mapping) for axis in levels}
        for some in (~is_copy, is_copy)
    )
    return frozenset(copied - ordered)


def _draft_rows(rows: Sequence[ProposedRow], cells: Cells) -> Iterator[DraftRow]:
    """What is to be rendered; two rows that come to the same clip are one."""
    seen: set[str] = set()
    for row in rows:
        resolved = cells.resolve(row.cell) if row.takes and row.action is not Recommendation.DROP else None
        if resolved and resolved.job.variant.variant_id not in seen:
            seen.add(resolved.job.variant.variant_id)
            yield DraftRow(
                cell=resolved.levels,
                takes=row.takes,
                note=f"{row.action.value}: {row.reason}",
                disclosure=resolved.job.synthetic_performer,
                columns=resolved.job.columns,
            )


def _title(findings: ReportFindings, rows: Sequence[ProposedRow]) -> str:
    platform, total = findings.platforms[0], _total(rows)
    price = "" if total is None else say("next_batch.title_price", usd=usd(Decimal(str(total))))
    made_at = f"{findings.made_at:%Y-%m-%d %H:%M} UTC"
    lines = [
        say("next_batch.title", campaign=findings.campaign, made_at=made_at, price=price),
        say(
            "next_batch.title_verdict",
            platform=PLATFORM_NAMES[platform.platform],
            edition=findings.edition,
            headline=platform.verdict.headline,
        ),
        say("next_batch.title_frames"),
    ]
    lines += [
        say("next_batch.title_left_out", cell=", ".join(row.cell.values()), reason=row.reason)
        for row in rows
        if row.action is Recommendation.DROP
    ]
    return "\n".join(lines)


def _notes(
    findings: ReportFindings, *, has_file: bool, campaign: Campaign | None, draft: DraftCampaign | None
) -> Iterator[str]:
    if len(findings.platforms) > 1:
        yield say("next_batch.by_platform", platform=PLATFORM_NAMES[findings.platforms[0].platform])
    if not has_file:
        yield say("next_batch.name_the_file")
    elif campaign is None:
        yield say("next_batch.fix_the_file")
    elif draft is None:
        yield say("next_batch.nothing_to_render")


def _total(rows: Sequence[ProposedRow]) -> float | None:
    bought = [row for row in rows if row.takes and row.action is not Recommendation.DROP]
    prices = [row.usd for row in bought if row.usd is not None]
    return round(sum(prices), 6) if len(prices) == len(bought) else None


def _cost_of(variants: pd.DataFrame) -> Decimal:
    """What this edition's clips cost, as charged, else as estimated."""
    costs = variants.loc[variants["derived_from"].isna(), ["cost_actual", "cost_est"]].bfill(axis="columns")
    known = costs["cost_actual"].dropna()
    return sum((Decimal(str(cost)) for cost in known), Decimal(0))
