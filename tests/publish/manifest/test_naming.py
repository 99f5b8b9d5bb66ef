"""Ad names and the join token."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.ad_names import AD_NAME_LIMIT, ad_name, creative_id_in, utm_content
from hailuo.campaign.job import Job
from hailuo.campaign.variant import FirstFrame, Variant

CREATIVE_ID = "7KQ2M9X4TD"
IDS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=10, max_size=10)
LABELS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=150)


def make_job(**changes: object) -> Job:
    frame = changes.pop("frame", None)
    model = changes.pop("model", "MiniMax-Hailuo-2.3")
    assert isinstance(model, str)
    assert frame is None or isinstance(frame, str)
    first_frame = FirstFrame(label=frame, sha256="77ab", suffix=".png") if frame else None
    variant = Variant(model=model, prompt="A bottle", duration=6, size="768p", first_frame=first_frame)
    defaults: dict[str, object] = {
        "creative_id": CREATIVE_ID,
        "campaign": "CMP1",
        "edition": "main",
        "variant": variant,
        "take": 2,
        "levels": {"prompt": "luxstone"},
    }
    return Job(**{**defaults, **changes})  # type: ignore[arg-type]  # a factory for tests


def test_ad_name_puts_the_id_first_and_a_key_letter_before_each_token() -> None:
    """A buyer can read what an ad is from its name alone."""
    job = make_job(frame="A1")

    assert ad_name(job) == "HV-7KQ2M9X4TD_CMP1_p-luxstone_m23_d06_s768_fA1_t02"


@pytest.mark.parametrize(
    ("changes", "token"),
    [
        ({"model": "MiniMax-Hailuo-02"}, "_m02_"),
        ({"model": "MiniMax-Hailuo-2.3-Fast"}, "_m23-fast_"),
        ({"model": "seedance-1.0-pro"}, "_mseedance-10-pro_"),
        ({"frame": None}, "_fnone_"),
        ({"frame": "frames/hero 9x16"}, "_fframes-hero-9x16_"),
        ({"levels": {"prompt": "Été à Paris"}}, "_p-Ete-a-Paris_"),
        ({"levels": {"prompt": "my_prompt"}}, "_p-my-prompt_"),
        ({"levels": {"prompt": "黑石"}}, "_p-68c22d_"),
        ({"levels": {}}, "_p-c182de_"),
    ],
)
def test_labels_become_tokens(changes: dict[str, object], token: str) -> None:
    """Tokens are short, ASCII, and never hold the separator."""
    assert token in ad_name(make_job(**changes))


def test_settings_tell_names_apart() -> None:
    """Three shapes of one prompt differ in more than their ids; a family without settings keeps its names."""
    variant = make_job().variant
    settings = {"aspect_ratio": "9:16", "audio": "true"}

    name = ad_name(make_job(variant=replace(variant, parameters=settings)))

    assert name == "HV-7KQ2M9X4TD_CMP1_p-luxstone_m23_d06_s768_ar9-16_atrue_fnone_t02"


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}(_[a-z]{1,9})?", fullmatch=True), LABELS, max_size=12))
def test_a_name_with_many_settings_still_fits(settings: dict[str, str]) -> None:
    """However many a family has, the id and the take stay."""
    name = ad_name(make_job(variant=replace(make_job().variant, parameters=settings)))

    assert len(name) <= AD_NAME_LIMIT
    assert name.startswith(f"HV-{CREATIVE_ID}_")
    assert name.endswith("_t02")


@given(creative_id=IDS, campaign=LABELS, prompt=LABELS, frame=LABELS, model=LABELS)
def test_every_ad_name_is_short_ascii_and_joins_back(
    creative_id: str, campaign: str, prompt: str, frame: str, model: str
) -> None:
    """Whatever the labels are, the name fits and leads back to its job."""
    job = make_job(
        creative_id=creative_id, campaign=campaign, levels={"prompt": prompt}, frame=frame, model=model
    )

    name = ad_name(job)

    assert name.isascii()
    assert len(name) <= AD_NAME_LIMIT
    assert re.fullmatch(r"HV-.{10}_[^_]+_p-[^_]+_m[^_]+_d06_s768_f[^_]+_t02", name)
    assert creative_id_in(name) == creative_id


@given(
    creative_id=IDS,
    mangled=st.sampled_from(
        [
            str.lower,
            lambda name: f"{name} - Copy",
            lambda name: f"Copy of {name}",
            lambda name: name.replace("_", "%5F"),
            lambda name: name.replace("HV-", "HV–"),
            lambda name: name.replace("HV-", "hv_"),
            lambda name: name[:40],
            lambda name: name.replace("_", " "),
        ]
    ),
)
def test_mangled_names_still_join(creative_id: str, mangled: object) -> None:
    """Copied, lower-cased, re-encoded and cut names find their job."""
    assert callable(mangled)
    name = ad_name(make_job(creative_id=creative_id))

    assert creative_id_in(str(mangled(name))) == creative_id


@pytest.mark.parametrize(
    "text",
    ["Autumn launch", "HV-SHORT", "SHV-7KQ2M9X4TD", "HV-7KQ2M9X4TDZ", "HV-7KQ2M9X4TU", "", "hv-ilou000000"],
)
def test_names_without_a_token_join_to_nothing(text: str) -> None:
    """A look-alike is no id: better unmatched than matched wrongly."""
    assert creative_id_in(text) is None


def test_utm_content_is_the_bare_id_in_lower_case() -> None:
    """Web analytics fold case: the id is written as they will show it."""
    assert utm_content(make_job()) == "7kq2m9x4td"
