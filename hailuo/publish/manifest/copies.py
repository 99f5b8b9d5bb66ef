"""An upload-ready copy of a clip, as the manifest sees it: a row of its own that names what it was made from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hailuo.campaign.job import Job
from hailuo.campaign.variant import canonical_json, crockford


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy: `name` is the placement or the shape it was made for, `derivation` how it was made."""

    name: str
    key: str
    sha256: str
    derivation: str
    made_at: datetime
    measured: Mapping[str, object] = field(default_factory=dict)


def copy_job(job: Job, copy: Copy) -> Job:
    """The job under the copy's own creative id: of the original's id and the copy's name, whatever the recipe.

    So an ad keeps its id when the copy is made again in another way.
    """
    digest = hashlib.sha256(canonical_json(["copy", job.creative_id, copy.name])).digest()
    return replace(job, creative_id=crockford(digest, characters=10))
