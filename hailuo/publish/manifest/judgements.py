"""Judgements of reviewers: the file that a gallery exports, and the newest judgement and choice of each reviewer."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from hailuo.errors import Place, Problem, RefusedError
from hailuo.publish.manifest.columns import Pick
from hailuo.store.layout import Edition

_MOST_TEXT: Final = 2000
_EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)  # no older clip is compared; older times break calendars
_Text = Annotated[str, Field(max_length=_MOST_TEXT)]
_CreativeId = Annotated[str, Field(pattern="^[0-9A-HJKMNP-TV-Z]{10}$")]
_Name = Annotated[str, Field(min_length=1, max_length=100)]


class JudgementError(RefusedError):
    """A file of judgements cannot be read: fix what is listed, or export it again."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a later gallery may say more


class Judgement(_Part):
    """One reviewer's judgement of one creative, at one time."""

    creative_id: _CreativeId = Field(description="The creative.")
    pick: Pick = Field(default=Pick.NONE, description="pick, finalist, reject, or none.")
    rating: int | None = Field(default=None, ge=1, le=5, description="1 to 5, or null.")
    tags: tuple[Annotated[str, Field(max_length=60)], ...] = Field(
        default=(), max_length=50, description="Free words."
    )
    note: _Text | None = Field(default=None, description="In words.")
    reviewer: _Name = Field(description="Who judged.")
    reviewed_at: AwareDatetime = Field(
        ge=_EARLIEST, description="When it was given; the newest of a reviewer counts."
    )


class PairChoice(_Part):
    """Which of two clips one reviewer prefers, seen side by side without names."""

    left: _CreativeId = Field(description="The creative that was shown on the left.")
    right: _CreativeId = Field(description="The one on the right.")
    preferred: Literal["left", "right", "none"] = Field(description="left, right, or none: no preference.")
    reviewer: _Name = Field(description="Who chose.")
    reviewed_at: AwareDatetime = Field(
        ge=_EARLIEST, description="When; the newest choice of a reviewer between the two counts."
    )

    @model_validator(mode="after")
    def _two_clips(self) -> Self:
        if self.left == self.right:
            raise ValueError("left and right are one creative")
        return self

    @property
    def pair(self) -> frozenset[str]:
        """The two creatives, whichever side they were on."""
        return frozenset((self.left, self.right))


class JudgementFile(_Part):
    """What a gallery exports and `hailuo judge` reads."""

    schema_: Literal["hailuo.judgements/1.0"] = Field(
        default="hailuo.judgements/1.0", alias="schema", description="The version of this format."
    )
    campaign: str = Field(description="The campaign that was judged.")
    edition: str = Field(description="Its edition.")
    reviewer: str | None = Field(default=None, description="Who exported it.")
    source: str | None = Field(
        default=None,
        max_length=64,
        description="Which browser exported it, to distinguish reviewers of one name.",
    )
    exported_at: AwareDatetime | None = Field(default=None, description="When.")
    judgements: tuple[Judgement, ...] = Field(description="One entry per creative judged.")
    pairs: tuple[PairChoice, ...] = Field(default=(), description="One entry per two creatives compared.")

    @property
    def said(self) -> tuple[Judgement | PairChoice, ...]:
        """Everything in the file that a person said."""
        return (*self.judgements, *self.pairs)

    @property
    def creative_ids(self) -> frozenset[str]:
        """Every creative that the file is about."""
        compared = (creative_id for one in self.pairs for creative_id in one.pair)
        return frozenset((*(one.creative_id for one in self.judgements), *compared))


_FILE: Final = TypeAdapter(JudgementFile)


def read_judgements(content: bytes, *, name: str) -> JudgementFile:
    """Read the file; `name` names it in errors. Raises: JudgementError naming every place that is wrong."""
    try:
        return _FILE.validate_json(content)
    except ValidationError as error:
        remedy = "export it again from the gallery; docs/reference/manifest.md describes the format"
        wrong = [
            Problem(Place(name), f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}", remedy)
            for one in error.errors(include_url=False)
        ]
        raise JudgementError(wrong) from error


def judgements_json(file: JudgementFile) -> bytes:
    """The file as JSON: the same judgements give the same bytes, and so the same key, as before there were pairs."""
    return _FILE.dump_json(file, by_alias=True, exclude=None if file.pairs else {"pairs"})


def judgement_key(content: bytes, edition: Edition) -> str:
    """The key of a record: named by its content, so that a file taken in twice is stored once."""
    return f"{edition.judgements}{hashlib.sha256(content).hexdigest()}.json"


def folded(reviewer: str) -> str:
    """The name as names are compared: `Ana`, `ana` and ` ANA ` are one reviewer."""
    return " ".join(unicodedata.normalize("NFKC", reviewer).casefold().split())


def is_one_person(reviewer: str, one: JudgementFile, other: JudgementFile) -> bool:
    """Whether what two files say under one name is by one person, as far as the files show.

    They do if one browser exported both. A file of an older version does not name its browser: then one file must
    hold all of the other's judgements, or a judgement that was given at the same moment with the same words.
    """
    if (
        one.source
        and other.source
        and folded(one.reviewer or "") == folded(other.reviewer or "") == folded(reviewer)
    ):
        return one.source == other.source
    mine, theirs = (
        {one for one in file.said if folded(one.reviewer) == folded(reviewer)} for file in (one, other)
    )
    return bool(mine & theirs) or not mine or not theirs


def newest(judgements: Iterable[Judgement]) -> dict[str, tuple[Judgement, ...]]:
    """creative id -> the newest judgement of every reviewer, newest first."""
    latest: dict[tuple[str, str], Judgement] = {}
    for judgement in sorted(judgements, key=_age):
        latest[judgement.creative_id, folded(judgement.reviewer)] = judgement
    by_creative: dict[str, list[Judgement]] = {}
    for judgement in sorted(latest.values(), key=_age, reverse=True):
        by_creative.setdefault(judgement.creative_id, []).append(judgement)
    return {creative_id: tuple(given) for creative_id, given in by_creative.items()}


def newest_pairs(pairs: Iterable[PairChoice]) -> tuple[PairChoice, ...]:
    """The newest choice of every reviewer between two clips, oldest first."""
    latest: dict[tuple[frozenset[str], str], PairChoice] = {}
    for choice in sorted(pairs, key=_age):
        latest[choice.pair, folded(choice.reviewer)] = choice
    return tuple(sorted(latest.values(), key=_age))


def judgement_schema() -> dict[str, object]:
    """JSON Schema 2020-12 of the format."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_FILE.json_schema(by_alias=True)}


def _age(judgement: Judgement | PairChoice) -> tuple[datetime, Sequence[str]]:
    """By time; of two at one time the order does not depend on the order of files."""
    rest = judgement.model_dump_json()
    return judgement.reviewed_at, (judgement.reviewer, rest)
