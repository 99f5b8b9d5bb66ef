"""The files of a new project: a campaign with comments, its project file, the schema for editors, a .gitignore."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Final

from hailuo.campaign.catalog import Catalog, FirstFrameRule, Model
from hailuo.campaign.expand import expand
from hailuo.campaign.files.campaign_file import load_campaign
from hailuo.campaign.files.schema import campaign_schema
from hailuo.campaign.pricing import usd
from hailuo.errors import CampaignError, Place, Problem
from hailuo.text import listed

_SCHEMA: Final = "schema.json"
_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)  # the edition has no date
_TEMPLATE: Final = """\
# yaml-language-server: $schema={schema}
#
# Every combination of the lists under `matrix` is rendered once. Change what you like, then run:
#   hailuo validate {file}      every problem of this file, with line and remedy
#   hailuo plan {file}          what a run would do and cost; nothing is bought
#   hailuo run {file}           asks before it buys; run it again to go on

campaign: {name}
edition: main                  # the same edition never buys a clip twice; a new name buys every clip anew
takes: {takes}                       # clips of each combination: the models have no seed, so takes differ
budget: {{usd: {budget}}}           # the most that all runs of this edition may cost

defaults: {{size: {size}, duration: {duration}}}

matrix:
  model: [{models}]
  prompt:                      # {{surface}} is replaced by each value of the axis `surface`
    - id: orbit
      text: {orbit}
    - id: reveal
      text: {reveal}
  surface: [polished black stone, pale linen]      # an axis of your own: any name that the prompts use

# exclude:                     # combinations that you do not want
#   - {{prompt: reveal, surface: pale linen}}

# control: {{prompt: orbit}}     # the baseline that reports compare with

# placements: [meta_reels, tiktok_infeed]        # what must accept the clips: checked before you pay

# disclosure: {{synthetic_performer: no}}          # does a clip show a human who does not exist? Only you know

# For new clips every night, give the edition a date and mark the file:
# edition: "night-{{date}}"
# timezone: Europe/Berlin
# nightly: true
"""
_ORBIT: Final = (
    "{product} on {surface}, cold rim light, low haze, slow orbit camera, premium launch-film lighting"
)
_REVEAL: Final = "{product} on {surface}, darkness, then a warm beam of light finds it [Push in]"
_PROJECT: Final = """\
# The settings of this project, for every command on a file in this folder or below.
# An environment variable goes first. Paths begin at this folder. README.md lists every setting.

store = {store}            # where clips and records are kept: a folder, or "s3://bucket/prefix"
campaigns = "./campaigns"    # the folder that `hailuo nightly` reads

# max_usd_per_run = 20       # the most that one run may buy for
# max_usd_per_month = 200    # the most that all runs may spend in a calendar month (UTC)

# The key is a secret and belongs in no file: export IMAROUTER_API_KEY=sk-...
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """What a new project is made of; `store` is a folder or `s3://bucket/prefix`."""

    name: str
    product: str
    models: tuple[str, ...]
    takes: int
    budget_usd: Decimal
    store: str

    @property
    def campaign_file(self) -> str:
        """The campaign file, from the project's folder."""
        return f"campaigns/{self.name}.yaml"

    def paths(self, *, project_file: str) -> tuple[str, ...]:
        """The files of the project: the campaign, the schema for editors, the settings, and what git ignores."""
        return (self.campaign_file, f"campaigns/{_SCHEMA}", project_file, ".gitignore")

    def files(self, catalog: Catalog, *, project_file: str) -> Mapping[str, str]:
        """Every file of the project by its path. Raises: CampaignError if the campaign could not be planned as it is."""
        schema = json.dumps(campaign_schema(catalog), indent=2, ensure_ascii=False)
        texts = (
            self.campaign_text(catalog),
            f"{schema}\n",
            _PROJECT.format(store=_text(self.store)),
            "".join(f"{line}\n" for line in self._ignored()),
        )
        return dict(zip(self.paths(project_file=project_file), texts, strict=True))

    def campaign_text(self, catalog: Catalog) -> str:
        """The campaign file. Raises: CampaignError if it could not be planned as it is."""
        duration, size = self._cell(catalog)
        text = _TEMPLATE.format(
            schema=_SCHEMA,
            file=self.campaign_file,
            name=self.name,
            takes=self.takes,
            budget=f"{self.budget_usd:.2f}",
            size=size,
            duration=duration,
            models=", ".join(self.models),
            orbit=_text(_ORBIT.replace("{product}", self.product)),
            reveal=_text(_REVEAL.replace("{product}", self.product)),
        )
        self._check(text, catalog)
        return text

    def _cell(self, catalog: Catalog) -> tuple[int, str]:
        """Duration and size that every model sells, the cheapest of them."""
        offers = [_cells(catalog.models[name]) for name in self.models]
        shared = set(offers[0]).intersection(*offers[1:])
        if not shared:
            reason = f"{listed(self.models)} share no duration and size with a price"
            raise CampaignError([Problem(Place("--model"), reason, "choose one of them")])
        return min(shared, key=lambda cell: (sum(prices[cell] for prices in offers), cell))

    def _check(self, text: str, catalog: Catalog) -> None:
        loaded = load_campaign(Path(self.campaign_file), catalog=catalog, at=_AT, text=text)
        if loaded.problems or loaded.campaign is None:
            raise CampaignError(loaded.problems)
        expansion = expand(loaded.campaign, catalog)
        if expansion.problems:
            raise CampaignError(expansion.problems)
        cells = (_cells(catalog.models[job.variant.model]) for job in expansion.jobs)
        total = sum(
            (c[j.variant.duration, j.variant.size] for c, j in zip(cells, expansion.jobs, strict=True))
        )
        if total > self.budget_usd:
            reason = f"{len(expansion.jobs)} clips cost {usd(Decimal(total))}, over the budget of {usd(self.budget_usd)}"
            remedy = "raise the budget, or name fewer models or takes"
            raise CampaignError([Problem(Place("--budget"), reason, remedy)])

    def _ignored(self) -> list[str]:
        """Clips and records do not belong in a repository."""
        store = PurePosixPath(self.store)
        elsewhere = "://" in self.store or self.store.startswith(("~", "$")) or store.is_absolute()
        inside = not elsewhere and ".." not in store.parts
        named = [f"/{store}/", f"/{store}-simulated/"] if inside else ["/store-simulated/"]
        return [*named, "/demo-store/", ".env"]


def startable_models(catalog: Catalog) -> tuple[str, ...]:
    """The models that need no first frame and have a price, by name."""
    return tuple(sorted(name for name, model in catalog.models.items() if _cells(model)))


def _cells(model: Model) -> dict[tuple[int, str], Decimal]:
    """The price of each duration and size that needs no first frame."""
    if model.first_frame is FirstFrameRule.REQUIRED:
        return {}
    return {(o.duration, o.size): o.price_usd for o in model.offers if o.price_usd and not o.warning}


def _text(text: str) -> str:
    """The text in double quotes, as YAML and TOML both read them."""
    return json.dumps(text, ensure_ascii=False)
