"""HAILUO_STORE: a folder, or a bucket; everything else is a message about the variable."""

import pytest

from hailuo.errors import SettingsError
from hailuo.settings import Settings
from hailuo.store.open import open_store


@pytest.fixture(autouse=True)
def _a_region(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """And nothing that the developer has set up."""
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.mark.parametrize("named", ["./store", "/srv/clips", "store"])
def test_a_path_is_a_folder(named: str) -> None:
    """Whether it is there or not: the first run makes it."""
    assert "://" not in open_store(Settings(store=named)).uri


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "uri"),
    [
        ("s3://ads-clips", "s3://ads-clips"),
        ("s3://ads-clips/", "s3://ads-clips"),
        ("s3://ads-clips/hailuo", "s3://ads-clips/hailuo"),
        ("s3://ads.clips.eu/brand/hailuo/", "s3://ads.clips.eu/brand/hailuo"),
    ],
)
def test_a_bucket_may_have_a_prefix(named: str, uri: str) -> None:
    """Asked for nothing yet: opening a store costs no request."""
    assert open_store(Settings(store=named)).uri == uri


@pytest.mark.parametrize(
    "named",
    [
        "gs://bucket/prefix",
        "https://ads-clips.s3.amazonaws.com",
        "file:///srv/clips",
        "s3://",
        "s3:///prefix",
        "s3://a",
        "s3://Ads_Clips",
        "s3://AKIDEXAMPLE:wJalr-secret@ads-clips/prefix",
        "s3://ads-clips/../other",
        "s3://ads-clips/two//slashes",
        "s3://ads-clips/a b",
        "s3://ads-clips/prefix?region=eu",
        "://",
    ],
)
def test_every_other_address_is_refused(named: str) -> None:
    """With the variable's name and the remedy, and without repeating a secret that was put there."""
    with pytest.raises(SettingsError, match="HAILUO_STORE") as caught:
        open_store(Settings(store=named))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "named",
    [
        *(
            "s3:/ads-clips/x",
            "s3//ads-clips",
            "s3:ads-clips",
            "S3:/ads-clips",
            "gs:/ads-clips",
            "file:/srv/clips",
        ),
        *("'/srv/clips'", '"s3://ads-clips"', "\u201c/srv/clips\u201d", "`pwd`/store", "/srv/\tclips"),
        *(r"C:\clips", r"\\server\clips", r"clips\ads"),
    ],
)
def test_a_slip_in_an_address_is_no_new_folder(named: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A character that lacks or a quotation mark that stayed: refused, and nothing is created."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsError, match="HAILUO_STORE"):
        open_store(Settings(store=named))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("named", ["clips", "/dev/null"])
def test_a_file_is_no_store(named: str, tmp_path) -> None:
    """Named as such, a device too."""
    (tmp_path / "clips").write_text("")

    with pytest.raises(SettingsError, match="is a file, not a folder"):
        open_store(Settings(store=str(tmp_path / named)))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_PROFILE", "nobody-has-this-profile"),
        ("AWS_ENDPOINT_URL_S3", "localhost"),
        ("AWS_REGION", "not a region!"),
        ("AWS_SECRET_ACCESS_KEY", ""),
    ],
)
def test_aws_settings_that_cannot_be_used_are_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """A profile that is not there, an endpoint without its scheme: a message, no traceback."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError, match="HAILUO_STORE"):
        open_store(Settings(store="s3://ads-clips"))


def test_a_kms_key_without_kms_is_refused() -> None:
    """Nobody who names a key wants its clips unencrypted."""
    with pytest.raises(SettingsError, match=r"HAILUO_S3_KMS_KEY.*HAILUO_S3_ENCRYPTION"):
        open_store(Settings(store="s3://ads-clips", s3_kms_key="alias/clips"))
