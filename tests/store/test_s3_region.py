"""The bucket's region: from the environment as in every AWS tool, and in links from the bucket itself."""

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hailuo.clock import SystemClock
from hailuo.errors import StoreUnavailableError
from hailuo.store.s3 import S3Store
from hailuo.testing import VirtualClock
from tests.store.contract import link
from tests.store.s3_doubles import serving_bucket_of, serving_mute_bucket

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing that the developer has set up."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def signed_for(store: S3Store) -> tuple[str, str]:
    """The host of a link, and the region it is signed for."""
    url = urlsplit(link(store, "frames/a", HOUR))
    return url.netloc, parse_qs(url.query)["X-Amz-Credential"][0].split("/")[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-central-1"}, "eu-central-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-central-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "cn-north-1"}, "cn-north-1"),
        ({"AWS_REGION": "us-east-1"}, "us-east-1"),
    ],
)
def test_region_and_host_follow_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], region: str
) -> None:
    """AWS_REGION comes first, as in the AWS command line of other languages; links name the regional host."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    store = S3Store("ads", "p", clock=SystemClock())

    assert store._media.meta.region_name == region
    assert signed_for(store) == (
        f"ads.s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}",
        region,
    )


@pytest.mark.enable_socket
@pytest.mark.parametrize("status", [200, 301, 403])
@pytest.mark.slow
def test_a_link_is_signed_for_the_region_that_the_bucket_names(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Also when the bucket refuses the question: its refusal names the region."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with serving_bucket_of("eu-north-1", status=status) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        store = S3Store("ads", "p", clock=SystemClock())

        assert signed_for(store) == (urlsplit(url).netloc, "eu-north-1")


@pytest.mark.enable_socket
@pytest.mark.slow
def test_a_bucket_that_does_not_name_its_region_is_asked_once_a_minute_and_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand links cost one question. While it is asked, everything else goes on."""
    clock, ticks = VirtualClock(), 0

    async def links(store: S3Store) -> None:
        nonlocal ticks
        asking = [asyncio.ensure_future(store.links(valid_for=HOUR)) for _ in range(20)]
        while not all(one.done() for one in asking):
            await asyncio.sleep(0)  # noqa: TID251 (lets the others go on)
            ticks += 1

    with serving_mute_bucket(waits_seconds=0.2) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        store = S3Store("ads", "p", clock=clock)
        asyncio.run(links(store))
        asyncio.run(links(store))
        assert len(asked) == 1
        clock.advance(61)
        asyncio.run(links(store))

    assert len(asked) == 2
    assert ticks > 20


def test_credentials_that_cannot_be_had_are_an_error_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no traceback of botocore."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(StoreUnavailableError, match="Unable to locate credentials"):
        asyncio.run(S3Store("ads", "p", clock=SystemClock()).links(valid_for=HOUR))
