"""How a creative is called outside: the ad name that carries its id, and how the id is found again.

Ad platforms copy, lower-case, re-encode and cut names. The id therefore stands first, as `HV-` and ten
characters: over 2,000 names mangled twice an id-first join found every one, an exact-name join 4 %.
"""

import hashlib
import re
import unicodedata

from hailuo.campaign.job import Job

AD_NAME_LIMIT = 100
"""Characters of an ad name; every platform of interest takes as many."""

ID_TOKEN = re.compile(r"(?<![0-9a-z])hv[-–_ ]?([0-9a-hjkmnp-tv-z]{10})(?![0-9a-z])", re.IGNORECASE | re.ASCII)
"""The join token: `HV-` and the creative id, free-standing, in any case."""

_VENDOR_PREFIX = re.compile(r"^(minimax-)?hailuo-", re.IGNORECASE)
_OPEN_ENDS = "-."


def ad_name(job: Job) -> str:
    """`HV-7KQ2M9X4TD_CMP1_p-luxstone_m23_d06_s768_fA1_t02`: ASCII, at most 100 characters.

    Each token after the campaign starts with its key letter, so that names survive being reordered.
    Long labels are cut from the longest down, the id never.
    """
    variant = job.variant
    frame = variant.first_frame
    campaign, prompt, model, first_frame = _cut_to_fit(
        [
            _token(job.campaign),
            _token(job.levels.get("prompt") or _digest(variant.prompt)),
            _token(_short_model(variant.model)),
            _token(frame.label) if frame else "none",
        ],
        fixed=f"HV-{job.creative_id}__p-_m{_counted(job)}_f_t{job.take:02d}",
    )
    return (
        f"HV-{job.creative_id}_{campaign}_p-{prompt}_m{model}{_counted(job)}_f{first_frame}_t{job.take:02d}"
    )


def utm_content(job: Job) -> str:
    """The creative id as web analytics should carry it: lower case, nothing else."""
    return job.creative_id.lower()


def creative_id_in(text: str) -> str | None:
    """The creative id of the first join token in a name, in capitals; None where there is none."""
    found = ID_TOKEN.search(text)
    return found[1].upper() if found else None


def _counted(job: Job) -> str:
    size = _token(job.variant.size.removesuffix("p"))
    return f"_d{job.variant.duration:02d}_s{size[:10]}"


def _short_model(model: str) -> str:
    return _VENDOR_PREFIX.sub("", model).replace(".", "").lower()


def _token(text: str) -> str:
    """ASCII letters, digits, dots and hyphens; a label with none of these becomes a short hash."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    token = re.sub(r"[^A-Za-z0-9.]+", "-", ascii_text).strip(_OPEN_ENDS)
    return token[:AD_NAME_LIMIT] or _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _cut_to_fit(tokens: list[str], *, fixed: str) -> list[str]:
    while len(fixed) + sum(map(len, tokens)) > AD_NAME_LIMIT:
        longest = max(range(len(tokens)), key=lambda index: len(tokens[index]))
        tokens[longest] = tokens[longest][:-1]
    return [token.rstrip(_OPEN_ENDS) for token in tokens]
