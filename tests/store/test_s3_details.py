"""What only a bucket has: credentials, links that end, encryption, checksums, policies."""

import base64
import hashlib
import json
from asyncio import run
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from botocore.exceptions import ClientError

from hailuo.errors import StoreUnavailableError
from hailuo.store import Store
from hailuo.store.aws import S3Options
from tests.store.conftest import OpenStore
from tests.store.contract import CLIP, KEY, MP4, TEXT, link, sha256_of
from tests.support.servers.s3 import BUCKET, READER, S3Server

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

HOUR = timedelta(hours=1)
TWO_DAYS = timedelta(hours=48)


@pytest.fixture(params=["seaweedfs", "ministack"])
def server(request: pytest.FixtureRequest) -> S3Server:
    found: S3Server = request.getfixturevalue(request.param)
    return found


def object_of(store: Store, key: str) -> dict[str, str]:
    """Where the object lies, as boto3 wants it said."""
    bucket, _, prefix = store.uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": f"{prefix}/{key}"}


def test_content_types_are_kept(open_s3: OpenStore, server: S3Server, clip: Path) -> None:
    """A browser plays a clip and shows a gallery; it saves neither."""
    store = open_s3(server)
    run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))
    run(store.put("gallery.html", b"<!doctype html>", content_type="text/html; charset=utf-8"))
    run(store.create(KEY, b"{}"))

    types = {
        key: server.client().head_object(**object_of(store, key))["ContentType"]
        for key in (CLIP, "gallery.html", KEY)
    }

    assert types == {CLIP: MP4, "gallery.html": "text/html; charset=utf-8", KEY: "application/json"}


def test_the_sha256_of_a_clip_is_kept_beside_it(open_s3: OpenStore, server: S3Server, clip: Path) -> None:
    """Whoever copies the bucket can verify it, years later, without our ledger."""
    store = open_s3(server)
    run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))

    head = server.client().head_object(**object_of(store, CLIP), ChecksumMode="ENABLED")

    assert base64.b64decode(head["ChecksumSHA256"]).hex() == sha256_of(clip)


def test_seaweedfs_refuses_bytes_that_are_not_those_of_the_sha256(seaweedfs: S3Server) -> None:
    """The header that every clip is sent with does what it is sent for."""
    digest = base64.b64encode(hashlib.sha256(b"clip").digest()).decode()

    with pytest.raises(ClientError, match=r"(?i)digest|checksum"):
        seaweedfs.client().put_object(Bucket=BUCKET, Key="tests/wrong", Body=b"other", ChecksumSHA256=digest)


@pytest.mark.parametrize("checksums", ["when_supported", "when_required"])
def test_both_checksum_modes_store_and_read(
    open_s3: OpenStore, server: S3Server, clip: Path, checksums: str
) -> None:
    """The second is for servers that refuse the trailers of the first; clips are verified either way."""
    store = open_s3(server, options=S3Options(checksums=checksums))  # type: ignore[arg-type]  # parametrised

    assert run(store.create(KEY, b"fact"))
    run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))
    assert (run(store.read(KEY)), run(store.read(CLIP))) == (b"fact", clip.read_bytes())


def test_encryption_is_asked_for_with_every_object(open_s3: OpenStore, server: S3Server, clip: Path) -> None:
    """Facts, pages and clips alike."""
    store = open_s3(server, options=S3Options(encryption="AES256"))
    run(store.create(KEY, b"fact"))
    run(store.put("page", b"page", content_type=TEXT))
    run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))

    heads = [server.client().head_object(**object_of(store, key)) for key in (KEY, "page", CLIP)]

    assert [head.get("ServerSideEncryption") for head in heads] == ["AES256"] * 3
    assert run(store.read(CLIP)) == clip.read_bytes()


def test_a_link_opens_without_credentials_until_it_ends(open_s3: OpenStore, server: S3Server) -> None:
    """The vendor fetches a first frame with nothing but the link."""
    store = open_s3(server)
    run(store.put("frames/hero.png", b"picture", content_type="image/png"))

    url = link(store, "frames/hero.png", TWO_DAYS)

    answer = httpx.get(url)
    assert (answer.status_code, answer.content) == (200, b"picture")
    assert answer.headers["content-type"] == "image/png"
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["172800"]


def test_a_link_opens_nothing_else(open_s3: OpenStore, seaweedfs: S3Server) -> None:
    """Changed to name another object, it is refused; so is no signature at all."""
    store = open_s3(seaweedfs)
    run(store.put("frames/a", b"a", content_type=TEXT))
    run(store.put("frames/b", b"b", content_type=TEXT))

    url = link(store, "frames/a", HOUR)

    assert httpx.get(url.replace("frames/a", "frames/b")).status_code == 403
    assert httpx.get(url.partition("?")[0]).status_code == 403


def test_no_link_is_signed_for_more_than_a_week(open_s3: OpenStore, ministack: S3Server) -> None:
    """S3 refuses longer ones when they are used, which is too late."""
    url = link(open_s3(ministack), KEY, timedelta(days=30))

    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["604800"]


@pytest.mark.parametrize(
    ("environment", "two_days"),
    [
        ({}, True),
        ({"AWS_SESSION_TOKEN": "token"}, False),
        ({"AWS_SESSION_TOKEN": "token", "AWS_CREDENTIAL_EXPIRATION": "2199-01-01T00:00:00Z"}, True),
        ({"AWS_SESSION_TOKEN": "token", "AWS_CREDENTIAL_EXPIRATION": "in twelve hours"}, False),
    ],
    ids=["lasting keys", "a session that tells no end", "a long session", "a session that ends tonight"],
)
def test_a_link_is_not_promised_beyond_its_credentials(
    open_s3: OpenStore, ministack: S3Server, environment: dict[str, str], two_days: bool
) -> None:
    """A presigned URL dies with the session that signed it, whatever it says itself."""
    now = run(open_s3(ministack).now())
    tonight = (now + timedelta(hours=12)).isoformat()
    given = {name: value.replace("in twelve hours", tonight) for name, value in environment.items()}

    links = run(open_s3(ministack, **given).links(valid_for=TWO_DAYS))
    assert links
    assert links.certain is two_days


@pytest.mark.parametrize(
    ("different", "said"),
    [
        ({"bucket": "no-such-bucket"}, "the bucket does not exist"),
        ({"AWS_ACCESS_KEY_ID": "AKNOBODY"}, "the access key is not known there"),
        ({"AWS_SECRET_ACCESS_KEY": "guessed"}, "the secret key does not belong to the access key"),
    ],
    ids=["a bucket that is missing", "an unknown key", "a wrong secret"],
)
def test_a_refusal_is_said_in_words(
    open_s3: OpenStore, seaweedfs: S3Server, different: dict[str, str], said: str
) -> None:
    """And never reads as an empty store, in which everything may be bought."""
    store = open_s3(seaweedfs, **different)

    with pytest.raises(StoreUnavailableError, match=said):
        run(store.listing("shoe/"))
    with pytest.raises(StoreUnavailableError, match=said):
        run(store.read(KEY))
    with pytest.raises(StoreUnavailableError, match=said):
        run(store.create(KEY, b"fact"))


def test_credentials_that_may_only_read_can_plan_and_not_buy(open_s3: OpenStore, seaweedfs: S3Server) -> None:
    """The probe says so, before anything is spent."""
    store = open_s3(seaweedfs, AWS_ACCESS_KEY_ID=READER[0], AWS_SECRET_ACCESS_KEY=READER[1])

    assert run(store.listing("")) == []
    with pytest.raises(StoreUnavailableError, match="the credentials do not allow it"):
        run(store.probe())


def test_no_credentials_at_all_are_a_refusal(open_s3: OpenStore, seaweedfs: S3Server) -> None:
    """A new machine without ~/.aws: said at once, not after a time-out."""
    store = open_s3(seaweedfs, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")

    with pytest.raises(StoreUnavailableError, match="credentials"):
        run(store.create(KEY, b"fact"))


def test_a_profile_of_the_config_file_is_used(
    open_s3: OpenStore, seaweedfs: S3Server, tmp_path: Path
) -> None:
    """Keys, region and endpoint as in every other AWS tool."""
    owner = seaweedfs.environment(tmp_path)
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text(
        f"[profile ads]\nregion = eu-central-1\nservices = local\n"
        f"[services local]\ns3 =\n  endpoint_url = {seaweedfs.url}\n"
    )
    credentials.write_text(
        f"[ads]\naws_access_key_id = {owner['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {owner['AWS_SECRET_ACCESS_KEY']}\n"
    )

    store = open_s3(
        seaweedfs,
        AWS_PROFILE="ads",
        AWS_CONFIG_FILE=str(config),
        AWS_SHARED_CREDENTIALS_FILE=str(credentials),
        AWS_ENDPOINT_URL_S3="",
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        AWS_REGION="",
    )

    assert run(store.create(KEY, b"fact"))


def test_a_role_that_a_profile_names_is_taken_on(
    open_s3: OpenStore, ministack: S3Server, tmp_path: Path
) -> None:
    """Links are signed with the role's session, which has an end: so no frame is promised for two days."""
    owner = ministack.environment(tmp_path)
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text(
        "[profile ads]\nrole_arn = arn:aws:iam::000000000000:role/ads\nsource_profile = base\nregion = us-east-1\n"
        f"services = local\n[services local]\nsts =\n  endpoint_url = {ministack.url}\n"
    )
    credentials.write_text(
        f"[base]\naws_access_key_id = {owner['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {owner['AWS_SECRET_ACCESS_KEY']}\n"
    )

    store = open_s3(
        ministack,
        AWS_PROFILE="ads",
        AWS_CONFIG_FILE=str(config),
        AWS_SHARED_CREDENTIALS_FILE=str(credentials),
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
    )

    assert run(store.create(KEY, b"fact"))
    signed = parse_qs(urlsplit(link(store, KEY, HOUR)).query)
    assert signed["X-Amz-Credential"][0].startswith("ASIA"), "a session's key, and not the base profile's"
    assert signed["X-Amz-Security-Token"]
    links = run(store.links(valid_for=TWO_DAYS))
    assert links
    assert not links.certain


def test_what_else_lies_in_the_bucket_is_not_seen(open_s3: OpenStore, server: S3Server) -> None:
    """Neither beside the prefix, nor the marks that consoles leave for folders."""
    store = open_s3(server)
    run(store.put("clips/1", b"clip", content_type=TEXT))
    where = object_of(store, "")
    for name in (f"{where['Key']}clips/", f"{where['Key'].rstrip('/')}-b/clips/2"):
        server.client().put_object(Bucket=where["Bucket"], Key=name, Body=b"")

    assert [entry.key for entry in run(store.listing(""))] == ["clips/1"]


def test_with_the_policy_example_nobody_deletes_a_fact(open_s3: OpenStore, seaweedfs: S3Server) -> None:
    """Not even the owner; creating facts and replacing pages goes on.

    The first statement: the second needs `s3:if-none-match`, which SeaweedFS 4.48 does not know.
    """
    owner, bucket = seaweedfs.client(), "hailuo-policy"
    owner.create_bucket(Bucket=bucket)
    example = json.loads(
        Path("docs/reference/bucket-policy.json").read_text().replace("example-bucket", bucket)
    )
    policy = {**example, "Statement": example["Statement"][:1]}
    owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    store = open_s3(seaweedfs, bucket=bucket)
    run(store.create(KEY, b"ann"))
    run(store.put(CLIP, b"clip", content_type=MP4))

    with pytest.raises(ClientError, match="AccessDenied"):
        owner.delete_object(**object_of(store, KEY))
    owner.delete_object(**object_of(store, CLIP))
    run(store.probe())
    assert [entry.key for entry in run(store.listing(""))] == [KEY]


def test_where_nothing_may_be_deleted_the_probe_still_shows_no_trace(
    open_s3: OpenStore, seaweedfs: S3Server
) -> None:
    """Some buckets keep everything; what the probe leaves there is in no listing."""
    owner, bucket = seaweedfs.client(), "hailuo-keeps-all"
    owner.create_bucket(Bucket=bucket)
    place = [f"arn:aws:s3:::{bucket}/*"]
    keeps = {"Effect": "Deny", "Principal": "*", "Action": ["s3:DeleteObject"], "Resource": place}
    owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [keeps]}))
    store = open_s3(seaweedfs, bucket=bucket)

    run(store.probe())

    assert run(store.listing("")) == []
    assert owner.list_objects_v2(Bucket=bucket)["KeyCount"] > 0


def test_the_policy_example_is_valid_json_about_facts_and_money() -> None:
    """As it stands in the documentation: nobody deletes, nobody writes over."""
    policy = json.loads(Path("docs/reference/bucket-policy.json").read_text())

    deletes, overwrites = policy["Statement"]
    assert (deletes["Effect"], overwrites["Effect"]) == ("Deny", "Deny")
    assert deletes["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert overwrites["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert deletes["Resource"] == overwrites["Resource"]
    assert ["/*/ledger/*" in deletes["Resource"][0], "money/v1/*" in deletes["Resource"][1]] == [True, True]
