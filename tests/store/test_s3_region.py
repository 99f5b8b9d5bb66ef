"""The bucket's region: from the environment as in every AWS tool, and in links from the bucket itself."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hailuo.clock import SystemClock
from hailuo.store.s3 import S3Store
from tests.store.s3_doubles import serving_bucket_of

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing that the developer has set up."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def link(store: S3Store) -> tuple[str, str]:
    """The host of a link, and the region it is signed for."""
    url = urlsplit(store.fetch_url("frames/a", valid_for=HOUR) or "")
    return url.netloc, parse_qs(url.query)["X-Amz-Credential"][0].split("/")[2]


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
    assert link(store) == (
        f"ads.s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}",
        region,
    )


@pytest.mark.enable_socket
@pytest.mark.parametrize("status", [200, 301, 403])
def test_a_link_is_signed_for_the_region_that_the_bucket_names(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Also when the bucket refuses the question: its refusal names the region."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with serving_bucket_of("eu-north-1", status=status) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        store = S3Store("ads", "p", clock=SystemClock())

        assert link(store) == (urlsplit(url).netloc, "eu-north-1")
