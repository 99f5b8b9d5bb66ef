"""Every key of the store, in one place: what is kept, and under which key.

money/v1/{number}                              grants and closes of all runs, in one order
money/rollup.json.gz                           the first of them in one object
prices/v1/{number}                             charges that differ from the list, and people's answers to them
tasks/v1/{sha256}/c{number}                    which attempt a task belongs to, as a submit or a person recorded it
tasks/pictures/v1/{sha256}/                    n001-intent, n001-asset, n001-end: a picture registered with the vendor
tasks/vendor.json                              the vendor that everything in this store was bought at
{campaign}/{edition}/plan.json                 the newest plan that was admitted
{campaign}/{edition}/ledger/v1/{creative_id}/  a001/intent, doubt, outcome, orphan-*, end; then a002; done
{campaign}/{edition}/ledger/rollups/           done facts of many jobs in one object
{campaign}/{edition}/shards/{run}/             progress of a run on several machines
{campaign}/{edition}/frames/                   local first frames
{campaign}/{edition}/clips/{creative_id}.mp4   the clips; -{hash}.mp4 one collected again with other bytes; changed.json
{campaign}/{edition}/checks/                   what was measured of each clip
{campaign}/{edition}/previews/                 posters, contact sheets, sprites, small films
{campaign}/{edition}/conformed/                copies made for placements, each with its record
{campaign}/{edition}/manifest/                 the manifest and what describes it
{campaign}/{edition}/gallery.html              the page people look at; gallery.shared.html has signed links
{campaign}/{edition}/judgements/               picks, ratings and notes of reviewers
{campaign}/{edition}/uploads/{platform}/       upload sheets and ads.csv
{campaign}/{edition}/exports/                  ad platforms' exports, put there by you
{campaign}/{edition}/reports/{time}/           reports
{campaign}/{edition}/results.json              what the newest report measured of each clip; the gallery shows it
.scratch/                                          temporary objects of the store itself
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from hailuo.errors import Place, Problem
from hailuo.store.port import PART, SCRATCH


class Folder(StrEnum):
    """Every folder whose name is the store's own: no campaign and no edition may have it."""

    MONEY = "money"
    PRICES = "prices"
    TASKS = "tasks"
    VERSION = "v1"
    LEDGER = "ledger"
    ROLLUPS = "rollups"
    SHARDS = "shards"
    FRAMES = "frames"
    CLIPS = "clips"
    CHECKS = "checks"
    PREVIEWS = "previews"
    CONFORMED = "conformed"
    MANIFEST = "manifest"
    JUDGEMENTS = "judgements"
    UPLOADS = "uploads"
    EXPORTS = "exports"
    REPORTS = "reports"
    SCRATCH = SCRATCH


MONEY: Final = f"{Folder.MONEY}/"
"""The money records of all campaigns have this prefix."""

GRANTS: Final = f"{MONEY}{Folder.VERSION}/"
"""Every grant and every close, of all campaigns, has this prefix."""

PRICES: Final = f"{Folder.PRICES}/{Folder.VERSION}/"
"""Charges that differ from the list, and people's answers to them, have this prefix."""

GRANTS_ROLLUP: Final = f"{MONEY}rollup.json.gz"
"""A cache of the first of them."""


CLAIMS: Final = f"{Folder.TASKS}/{Folder.VERSION}/"
"""The claims on all tasks."""

_PICTURES: Final = f"{Folder.TASKS}/pictures/{Folder.VERSION}/"

STORE_VENDOR: Final = f"{Folder.TASKS}/vendor.json"
"""The vendor that has all tasks of the store."""


def claims_of(task_sha256: str) -> str:
    """The folder of the claims on one task; `task_sha256` is the hash of its address and id."""
    return f"{CLAIMS}{task_sha256}/"


def picture_of(about_sha256: str) -> str:
    """The folder of one picture at one vendor; `about_sha256` is the hash of address, upload model and picture."""
    return f"{_PICTURES}{about_sha256}/"


def name_problem(kind: str, name: str, place: Place) -> Problem | None:
    """Why a campaign or an edition (`kind`) cannot have this name; None where it can.

    `money/v1/` are the grants of all campaigns, and bucket policies protect every `ledger/`: files of a campaign there
    would be read as records, or could not be replaced.
    """
    if name not in set(Folder):
        return None
    reason = f"{kind} is {name!r}, the name of a folder that the store keeps for itself"
    return Problem(place, reason, f"choose another name, such as {name}-1")


_EDITION: Final = rf"(?P<campaign>{PART})/(?P<edition>{PART})/"
_JOB: Final = "(?P<job>[0-9A-Z]{10})"
_OF_EDITION: Final = re.compile(rf"{_EDITION}(?P<rest>.+)", re.DOTALL)
_CLIP: Final = re.compile(rf"{_EDITION}{Folder.CLIPS}/{_JOB}(?:-[0-9a-f]{{16}})?\.mp4")
_RECORD: Final = re.compile(
    rf"{_EDITION}{Folder.LEDGER}/{Folder.VERSION}/{_JOB}/(?:(?P<attempt>a[0-9]{{3,}})/)?(?P<name>.+)",
    re.DOTALL,
)
_FACT: Final = re.compile(
    r"done(?:-[0-9]{3,})?|a(?!000/)[0-9]{3,}/(?:intent|doubt|outcome|end|orphan-[0-9A-Za-z_]+)"
)
_CLAIM: Final = re.compile(rf"{CLAIMS}[0-9a-f]{{64}}/c[0-9]{{3,}}")


@dataclass(frozen=True, slots=True, order=True)
class Edition:
    """One edition of a campaign, by both names. Everything it keeps in the store is under its folder."""

    campaign: str
    name: str

    def __str__(self) -> str:
        return f"{self.campaign}/{self.name}"

    @property
    def folder(self) -> str:
        return f"{self.campaign}/{self.name}/"

    @property
    def plan(self) -> str:
        return f"{self.folder}plan.json"

    @property
    def ledger(self) -> str:
        """Every fact has this prefix."""
        return f"{self.folder}{Folder.LEDGER}/{Folder.VERSION}/"

    @property
    def rollups(self) -> str:
        return f"{self.folder}{Folder.LEDGER}/{Folder.ROLLUPS}/"

    @classmethod
    def that_bought(cls, key: str) -> "Edition | None":
        """The edition of a key that shows that something was bought: a fact, or a clip. None for every other key."""
        found = RecordKey.of(key) or ClipKey.of(key)
        return found.edition if found else None

    @staticmethod
    def is_campaign(name: str) -> bool:
        """Whether a campaign can have this name."""
        return re.fullmatch(PART, name) is not None and name not in set(Folder)

    @classmethod
    def that_ran(cls, key: str) -> "Edition | None":
        """The edition of a key that shows that a plan was admitted, or that something was bought. None for every other key."""
        found = _OF_EDITION.fullmatch(key)
        edition = _edition_in(found) if found else None
        return edition if edition and key == edition.plan else cls.that_bought(key)

    def shards(self, run: str) -> str:
        """The notes of one run's shards have this prefix."""
        return f"{self.folder}{Folder.SHARDS}/{run.replace(':', '-')}/"

    def frame(self, sha256: str, suffix: str) -> str:
        """A local first frame; `suffix` has its dot."""
        return f"{self.folder}{Folder.FRAMES}/{sha256}{suffix}"

    @property
    def clips(self) -> str:
        return f"{self.folder}{Folder.CLIPS}/"

    def clip(self, creative_id: str) -> str:
        return f"{self.clips}{creative_id}.mp4"

    def clip_of_bytes(self, creative_id: str, sha256: str) -> str:
        """Where a clip goes whose own key holds other bytes: the same bytes always have the same key."""
        return f"{self.clips}{creative_id}-{sha256[:16]}.mp4"

    @property
    def changed_clips(self) -> str:
        """What the last verification found to be changed; beside the clips, so that one listing shows both."""
        return f"{self.clips}changed.json"

    @property
    def checks(self) -> str:
        return f"{self.folder}{Folder.CHECKS}/"

    def inspection(self, creative_id: str) -> str:
        """The newest inspection of the job's clip."""
        return f"{self.checks}{creative_id}.json"

    @property
    def previews(self) -> str:
        return f"{self.folder}{Folder.PREVIEWS}/"

    def preview(self, creative_id: str, ending: str) -> str:
        """One preview of the job's clip; `ending` such as `poster.webp`."""
        return f"{self.previews}{creative_id}-{ending}"

    @property
    def conformed(self) -> str:
        return f"{self.folder}{Folder.CONFORMED}/"

    def conformed_copy(self, creative_id: str, name: str) -> str:
        """A copy made for a placement or an aspect; its record has the same key, ending in `.json`."""
        return f"{self.conformed}{creative_id}-{name}.mp4"

    @property
    def manifest(self) -> str:
        """Every file of the manifest has this prefix."""
        return f"{self.folder}{Folder.MANIFEST}/"

    @property
    def manifest_jsonl(self) -> str:
        """The manifest itself; all other forms are made from it."""
        return f"{self.manifest}manifest.jsonl"

    @property
    def manifest_csv(self) -> str:
        return f"{self.manifest}manifest.csv"

    @property
    def gallery(self) -> str:
        """Above the clips, so that its links stay true when the folder moves."""
        return f"{self.folder}gallery.html"

    @property
    def shared_gallery(self) -> str:
        """The gallery with signed links, for people without access to the bucket."""
        return f"{self.folder}gallery.shared.html"

    @property
    def judgements(self) -> str:
        return f"{self.folder}{Folder.JUDGEMENTS}/"

    @property
    def uploads(self) -> str:
        return f"{self.folder}{Folder.UPLOADS}/"

    @property
    def exports(self) -> str:
        """A report looks for exports here when none are named."""
        return f"{self.folder}{Folder.EXPORTS}/"

    @property
    def reports(self) -> str:
        return f"{self.folder}{Folder.REPORTS}/"

    @property
    def results(self) -> str:
        """What the newest report measured of each clip, for the gallery."""
        return f"{self.folder}results.json"

    def report(self, at: datetime) -> str:
        """The folder of a report made at a time (aware, UTC)."""
        return f"{self.reports}{at:%Y-%m-%dT%H%M%SZ}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipKey:
    """What the key of a clip says."""

    edition: Edition
    creative_id: str

    @classmethod
    def of(cls, key: str) -> "ClipKey | None":
        """The parts of a clip's key. None for every other key."""
        found = _CLIP.fullmatch(key)
        return cls(edition=_edition_in(found), creative_id=found["job"]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKey:
    """What a key among the records of one job says. `name` may be anything: see `is_fact`.

    `attempt` is such as "a001", and "" for what lies directly in the job's folder.
    """

    edition: Edition
    creative_id: str
    attempt: str
    name: str

    @classmethod
    def of(cls, key: str) -> "RecordKey | None":
        """The parts of a key in a job's folder of records. None for every other key."""
        found = _RECORD.fullmatch(key)
        if found is None:
            return None
        attempt = found["attempt"] or ""
        return cls(edition=_edition_in(found), creative_id=found["job"], attempt=attempt, name=found["name"])

    @property
    def in_job(self) -> str:
        """The key below the job's folder: `done`, `a001/intent`."""
        return f"{self.attempt}/{self.name}" if self.attempt else self.name

    @property
    def folder(self) -> str:
        """The key of the attempt, without a slash at its end; of the job, for what belongs to no attempt."""
        return f"{self.edition.ledger}{self.creative_id}/{self.attempt}".removesuffix("/")

    @property
    def is_fact(self) -> bool:
        """Whether this version writes facts under such a key."""
        return _FACT.fullmatch(self.in_job) is not None


def is_claim(key: str) -> bool:
    """Whether claims on tasks are written under such a key."""
    return _CLAIM.fullmatch(key) is not None


def is_attempt(key: str) -> bool:
    """Whether the records of an attempt can have this prefix, which has no slash at its end."""
    record = RecordKey.of(f"{key}/intent")
    return record is not None and record.is_fact and record.folder == key


def editions_with(keys: Iterable[str], folder: Folder) -> tuple[str, ...]:
    """The names of the editions that have a key in their `folder`, sorted; `keys` are of one campaign."""
    found = (_OF_EDITION.fullmatch(key) for key in keys)
    deep = (one for one in found if one and one["rest"].startswith(f"{folder}/"))
    return tuple(sorted({one["edition"] for one in deep}))


def _edition_in(found: re.Match[str]) -> Edition:
    return Edition(found["campaign"], found["edition"])
