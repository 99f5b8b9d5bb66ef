"""A store in an S3 bucket: create-once by `If-None-Match: *`, one atomic PUT per object.

What was measured about servers, retries and checksums is in docs/reference/stores.md.
"""

import asyncio
import base64
import hashlib
import math
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
)
from botocore.parsers import ResponseParserError

from hailuo.clock import Clock
from hailuo.errors import DamagedClipError, MissingKeyError, StoreUnavailableError, UnsafeStoreError
from hailuo.logs import quiet_loggers
from hailuo.settings import aws_region
from hailuo.store.aws import (
    CONNECTIONS,
    S3Options,
    code_of,
    is_repeatable,
    ledger_config,
    media_config,
    said,
    signing_config,
    status_of,
)
from hailuo.store.port import SCRATCH, Entry, FetchLinks, checked

P = ParamSpec("P")
T = TypeVar("T")

_CREATE_WAITS_SECONDS: Final = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
_READ_TRIES: Final = 3
_RACERS: Final = 8
_MISSING, _EXISTS, _NOT_IMPLEMENTED = 404, 412, 501
_NO_VERDICT: Final = (HTTPClientError, IncompleteReadError, ResponseParserError)
"""No answer, or one that is not S3's: the outcome of the request is unknown."""
_ASKED_AGAIN_AFTER_SECONDS: Final = 60.0
_LONGEST_SIGNATURE: Final = timedelta(days=7)
"""SigV4 signs for no longer: docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"""
_IGNORING: Final = (
    "known to do so: Google Cloud Storage's S3 interface, rclone serve s3, s3rver, fauxqs, nanio, pys3local "
    "and SeaweedFS 4.16"
)
_TRUSTED: Final = "AWS S3, Cloudflare R2, MinIO, Ceph RGW or SeaweedFS 4.48"


class _TakenError(Exception):
    """The key exists: with our bytes or others. Never leaves this module."""


class S3Store:
    """Keys are objects below one prefix of one bucket. Safe for many processes on many machines.

    Raises: ValueError when the AWS profile, region or endpoint of the environment cannot be used.
    """

    def __init__(self, bucket: str, prefix: str, *, clock: Clock, options: S3Options | None = None) -> None:
        self._bucket = bucket
        self._prefix = f"{checked(prefix)}/" if prefix else ""
        self._clock = clock
        self._options = options or S3Options()
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="s3")
        try:
            self._session: Any = boto3.session.Session(region_name=aws_region())
            self._media: Any = self._session.client("s3", config=media_config(self._options))
            self._ledger: Any = self._session.client("s3", config=ledger_config(self._options))
        except BotoCoreError as error:
            raise ValueError(str(error)) from error
        self._signer: Any = None
        self._signer_until = 0.0
        self._choosing_signer = threading.Lock()
        quiet_loggers("boto3", "botocore", "s3transfer", "urllib3")

    @property
    def uri(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    async def create(self, key: str, content: bytes) -> bool:
        """Create once. A 412 may be our own write answered late, so the bytes decide.

        After a time-out, a 409 or a 5xx the same bytes are sent again; a 404 after a 412 is not believed.
        """
        return await self._create(self._name(key), content)

    async def read(self, key: str) -> bytes:
        content = await self._ask(self._get, self._name(key))
        if content is None:
            raise MissingKeyError(f"{key} is not in {self.uri}")
        return content

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        await self._ask(self._put, self._name(key), {"Body": content, "ContentType": content_type})

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        await self._ask(self._put_file, self._name(key), path, sha256, content_type)

    async def create_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> bool:
        """A 412 may be our own write answered late, or another's: the bytes under the key decide."""
        name = self._name(key)
        for wait in _CREATE_WAITS_SECONDS:
            await self._clock.sleep(wait)
            try:
                if await self._ask(self._put_file, name, path, sha256, content_type, once=True):
                    return True
            except _TakenError:
                return await self._ask(self._held_sha256, name) == sha256
        raise StoreUnavailableError(f"{self.uri}: whether {name} was created is not known")

    async def listing(self, prefix: str) -> Sequence[Entry]:
        if prefix:
            checked(prefix.removesuffix("/"))
        return await self._ask(self._list, prefix)

    async def now(self) -> datetime:
        return await self._ask(self._date)

    async def probe(self) -> None:
        """A second conditional PUT must be refused, and of several at once exactly one may win."""
        first, race = (f"{self._prefix}{SCRATCH}/probe-{secrets.token_hex(8)}" for _ in range(2))
        answers = [await self._create(first, content) for content in (b"first", b"second")]
        raced = await asyncio.gather(*(self._create(race, b"%d" % number) for number in range(_RACERS)))
        await self._forget(first, race)
        if answers != [True, False] or raced.count(True) != 1:
            raise UnsafeStoreError(
                f"{self.uri} lets a key be created twice: its server ignores If-None-Match ({_IGNORING}); "
                f"use {_TRUSTED}"
            )

    async def links(self, *, valid_for: timedelta) -> FetchLinks | None:
        """Signed links. They are not certain if the credentials expire sooner, or at an unknown time: links end with them."""
        sign, lasts = await self._ask(self._signing, valid_for)
        seconds = int(min(valid_for, _LONGEST_SIGNATURE).total_seconds())

        def url(key: str) -> str:
            where = {"Bucket": self._bucket, "Key": self._name(key)}
            signed: str = self._translated(sign)("get_object", Params=where, ExpiresIn=seconds)
            return signed

        return FetchLinks(url=url, certain=lasts)

    def _signing(self, duration: timedelta) -> tuple[Callable[..., str], bool]:
        """What signs links, and whether its credentials last for so long. May ask the network: for them, and for the region."""
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        lasts = True
        if credentials.get_frozen_credentials().token:
            ends_within = getattr(
                credentials, "refresh_needed", None
            )  # only botocore's refreshable ones have it
            lasts = ends_within is not None and not ends_within(refresh_in=duration.total_seconds())
        with self._choosing_signer:
            if self._signer is None or self._clock.monotonic() >= self._signer_until:
                self._signer, self._signer_until = self._new_signer()
        return self._signer.generate_presigned_url, lasts

    def _new_signer(self) -> tuple[Any, float]:
        """The client for links, and until when it serves: no redirect corrects their region and host, so they are the bucket's own.

        The bucket is asked once. Where it does not answer, the configured region is used, and it is asked again after a minute.
        """
        try:
            answer = self._ledger.head_bucket(Bucket=self._bucket)["ResponseMetadata"]
        except ClientError as error:  # a refusal, or a redirect, names the region too
            answer = error.response.get("ResponseMetadata", {})
        except (BotoCoreError, ResponseParserError):
            answer = {}
        own = answer.get("HTTPHeaders", {}).get("x-amz-bucket-region")
        meta = self._media.meta
        config = signing_config(self._options, endpoint_url=meta.endpoint_url)
        signer = self._session.client("s3", region_name=own or meta.region_name, config=config)
        return signer, math.inf if answer else self._clock.monotonic() + _ASKED_AGAIN_AFTER_SECONDS

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    async def _ask(self, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call boto3 in our own thread pool: asyncio's default is too small for thousands of facts."""
        call = self._translated(ask)
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*args, **kwargs))

    def _translated(self, ask: Callable[P, T]) -> Callable[P, T]:
        """The same, with errors of the network or the server translated."""

        def asking(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return ask(*args, **kwargs)
            except (ClientError, BotoCoreError, ResponseParserError) as error:
                raise StoreUnavailableError(f"{self.uri}: {said(error)}") from error

        return asking

    async def _create(self, name: str, content: bytes) -> bool:
        verdict = ""
        for wait in _CREATE_WAITS_SECONDS:
            await self._clock.sleep(wait)
            answer = await self._ask(self._try_to_create, name, content)
            if isinstance(answer, bool):
                return answer
            verdict = answer
        raise StoreUnavailableError(f"{self.uri}: whether {name} was created is not known: {verdict}")

    def _try_to_create(self, name: str, content: bytes) -> bool | str:
        """True if created, False if the key exists with other content, or the reason why that is unknown (retry)."""
        try:
            body = {"Body": content, "ContentType": "application/json", **self._encryption()}
            self._ledger.put_object(Bucket=self._bucket, Key=name, IfNoneMatch="*", **body)
        except ClientError as error:
            if status_of(error) == _EXISTS:
                return self._is_ours(name, content)
            if status_of(error) == _NOT_IMPLEMENTED:
                raise UnsafeStoreError(
                    f"{self.uri}: its server does not know If-None-Match; use {_TRUSTED}"
                ) from error
            if not is_repeatable(error):
                raise
            return said(error)
        except _NO_VERDICT as error:
            return said(error)
        return True

    def _is_ours(self, name: str, content: bytes) -> bool | str:
        """Whether the stored object is what we sent. A missing object is read again, never assumed."""
        try:
            kept = self._ledger.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        except (ClientError, *_NO_VERDICT) as error:
            return f"it exists, but cannot be read: {said(error)}"
        return bool(kept == content)

    def _get(self, name: str) -> bytes | None:
        """Read the object. The client retries requests without answer; a truncated body is retried here."""
        for tries in range(1, _READ_TRIES + 1):
            try:
                content: bytes = self._media.get_object(Bucket=self._bucket, Key=name)["Body"].read()
            except ClientError as error:
                if status_of(error) == _MISSING and code_of(error) != "NoSuchBucket":
                    return None
                raise
            except _NO_VERDICT:
                if tries == _READ_TRIES:
                    raise
            else:
                return content
        raise AssertionError("the last try returns or raises")

    def _put(self, name: str, body: Mapping[str, object]) -> None:
        self._media.put_object(Bucket=self._bucket, Key=name, **body, **self._encryption())

    def _put_file(self, name: str, path: Path, sha256: str, content_type: str, *, once: bool = False) -> bool:
        """One PUT with its SHA-256, so that the server refuses other bytes, and a look at what it holds then.

        With `once`, the key must be new: False where that has to be asked again. Raises: _TakenError, DamagedClipError.
        """
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise DamagedClipError(
                    f"{name}: {path.name} has other bytes than {sha256}; nothing was replaced"
                )
            file.seek(0)
            digest = base64.b64encode(bytes.fromhex(sha256)).decode()
            body = {"Body": file, "ContentType": content_type, "ChecksumSHA256": digest}
            try:
                self._put(name, {**body, "IfNoneMatch": "*"} if once else body)
            except ClientError as error:
                if once and status_of(error) == _EXISTS:
                    raise _TakenError from error
                if once and is_repeatable(error):
                    return False
                raise
        if self._held_sha256(name) != sha256:
            raise DamagedClipError(f"{name}: the bucket holds other bytes than {sha256}")
        return True

    def _held_sha256(self, name: str) -> str:
        """The object's SHA-256 from the server, or from its bytes if the server keeps no checksums."""
        head = self._media.head_object(Bucket=self._bucket, Key=name, ChecksumMode="ENABLED")
        if "ChecksumSHA256" in head:
            return base64.b64decode(head["ChecksumSHA256"]).hex()
        digest = hashlib.sha256()
        for chunk in self._media.get_object(Bucket=self._bucket, Key=name)["Body"].iter_chunks(1 << 20):
            digest.update(chunk)
        return digest.hexdigest()

    def _list(self, prefix: str) -> list[Entry]:
        below = f"{self._prefix}{prefix}"
        pages = self._media.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=below)
        entries = (
            Entry(key, found["Size"], found["LastModified"].astimezone(UTC))
            for page in pages
            for found in page.get("Contents", ())
            # not the store's own objects, and not a console's folder marker
            if not (key := found["Key"][len(self._prefix) :]).startswith(f"{SCRATCH}/")
            and not key.endswith("/")
        )
        return sorted(entries, key=lambda entry: entry.key)

    def _date(self) -> datetime:
        answer = self._media.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)
        stamp: str = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
        return parsedate_to_datetime(stamp).astimezone(UTC)

    async def _forget(self, *names: str) -> None:
        """Delete the probe's objects if the bucket policy allows it; no listing shows them."""
        for name in names:
            try:
                await self._ask(self._media.delete_object, Bucket=self._bucket, Key=name)
            except StoreUnavailableError:
                return

    def _encryption(self) -> dict[str, str]:
        if self._options.encryption == "none":
            return {}
        key = {"SSEKMSKeyId": self._options.kms_key} if self._options.kms_key else {}
        return {"ServerSideEncryption": self._options.encryption, **key}
