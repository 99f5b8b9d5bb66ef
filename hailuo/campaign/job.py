"""A job: one take of one variant."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hailuo.campaign.asked import Asked
from hailuo.campaign.model import SyntheticPerformer
from hailuo.campaign.variant import Variant, canonical_json, crockford
from hailuo.store.layout import Edition


def creative_id_of(
    *, campaign: str, edition: str, variant_id: str, take: int, fallback_for: str | None = None
) -> str:
    """The job's key: 10 Crockford base32 characters (50 bits) of SHA-256. A substitute names the job that it replaces.

    The chance of a collision is 1.8e-9 for 2,000 jobs; `expand` checks that ids are unique.
    """
    replaced = [] if fallback_for is None else [fallback_for]
    content = canonical_json([campaign, edition, variant_id, take, *replaced])
    return crockford(hashlib.sha256(content).digest(), characters=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The durable unit: one take of one variant.

    `levels` maps every axis to the label of its level (the factors of the report). `columns` are cells of its row that
    only travel: they are no part of the clip, and no id depends on them; `ad_name_columns` are those that end the ad name. `synthetic_performer` is the row's own answer.
    `asked` is what its family makes of the order; None in records of earlier versions. `fallback_for` is the creative id
    of the job that a substitute replaces. `per_take` has the labels of settings that each take has for itself, as a seed.
    """

    creative_id: str
    campaign: str
    edition: str
    variant: Variant
    take: int
    levels: Mapping[str, str] = field(default_factory=dict)
    is_control: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    synthetic_performer: SyntheticPerformer | None = None
    ad_name_columns: tuple[str, ...] = ()
    asked: Asked | None = None
    fallback_for: str | None = None
    per_take: Mapping[str, str] = field(default_factory=dict)

    @property
    def this_edition(self) -> Edition:
        return Edition(self.campaign, self.edition)

    @property
    def settings(self) -> Mapping[str, str]:
        """The label of every setting that is sent for this take."""
        return {**self.variant.parameters, **self.per_take}

    @property
    def clip_key(self) -> str:
        """The key of the clip in the store."""
        return self.this_edition.clip(self.creative_id)

    @property
    def frame_key(self) -> str | None:
        """The key of a local first frame in the store; None without one."""
        frame = self.variant.first_frame
        if frame is None or frame.url:
            return None
        return self.this_edition.frame(frame.sha256, frame.suffix)

    def as_recorded(self) -> "Job":
        """The job as it is stored: without paths of this machine and signatures in URLs. Its ids stay the same."""
        frame = self.variant.first_frame
        if frame is None:
            return self
        bare = replace(frame.without_signature(), path=None)
        return replace(self, variant=replace(self.variant, first_frame=bare))
