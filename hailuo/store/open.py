"""The store that the settings name."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hailuo.clock import SystemClock
from hailuo.errors import AdmissionError, Place, Problem, SettingsError, StoreFullError, StoreUnavailableError
from hailuo.extras import Extra, require
from hailuo.settings import Settings
from hailuo.store import FolderStore, Store
from hailuo.store.port import checked
from hailuo.text import quoted

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""

_NEARLY_S3: Final = re.compile(r"(?:s3:|s3//|[a-z][a-z0-9+.-]+:|[^/]+//)", re.IGNORECASE)
"""`s3:/bucket`, `s3//bucket`, `gs:bucket`: an address that lacks a character. One letter and a colon is a drive."""


def open_store(settings: Settings, *, served_at: str | None = None) -> Store:
    """The store that the settings name. Raises: SettingsError."""
    scheme, separator, rest = settings.store.partition("://")
    if not separator:
        return FolderStore(_folder(settings.store), served_at=served_at, pages_at=settings.pages_url)
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not _BUCKET.fullmatch(bucket):
        # The address is not repeated in the message: people put keys into such addresses.
        reason = f"begins with {scheme}://, but is no s3://bucket/prefix"
        raise SettingsError([Problem(Place("HAILUO_STORE"), reason, "name a folder or s3://bucket/prefix")])
    try:
        prefix = checked(prefix.strip("/")) if prefix.strip("/") else ""
    except ValueError as error:
        remedy = "use letters, digits and . _ - = between the slashes"
        reason = "has a prefix that no key can begin with"
        raise SettingsError([Problem(Place("HAILUO_STORE"), reason, remedy)]) from error
    return _bucket_store(bucket, prefix, settings)


def uri_in_full(store: Store) -> str:
    """The address of a store for people: a folder with its whole path."""
    return store.uri if "://" in store.uri else str(Path(store.uri).absolute())


def _folder(text: str) -> Path:
    """A folder by its path. Raises: SettingsError for what can only be a slip, as it would become a new folder."""
    slips = {
        "begins with a quotation mark": text.startswith(tuple("\"'`\u201c\u201d\u201e\u2018\u2019")),
        "has two slashes or a colon where s3:// may be meant": bool(_NEARLY_S3.match(text)),
        "has a control character": not text.isprintable(),
        "has a backslash, which separates no folders here": os.sep != "\\" and "\\" in text,
        "is a file, not a folder": Path(text).exists() and not Path(text).is_dir(),
    }
    found = [reason for reason, is_so in slips.items() if is_so]
    if found:
        problem = Problem(
            Place("HAILUO_STORE"),
            f"{quoted(text)} {found[0]}",
            "name a folder or s3://bucket/prefix; nothing was bought",
        )
        raise SettingsError([problem])
    return Path(text)


@contextmanager
def nothing_bought_without_store() -> Iterator[None]:
    """Turn a store error before anything was bought into a refusal (AdmissionError).

    Raises: AdmissionError.
    """
    try:
        yield
    except StoreUnavailableError as error:
        remedy = "nothing was bought, and nothing is forgotten; make the store writable, then run again"
        is_passing = not isinstance(error, StoreFullError)
        problem = Problem(Place("HAILUO_STORE"), str(error), remedy, is_passing=is_passing)
        raise AdmissionError([problem]) from error


def _bucket_store(bucket: str, prefix: str, settings: Settings) -> Store:
    require(Extra.S3, Place("HAILUO_STORE"), "a bucket")
    from hailuo.store.aws import S3Options  # noqa: PLC0415 (a folder does not pay for boto3)
    from hailuo.store.s3 import S3Store  # noqa: PLC0415 (a folder does not pay for boto3)

    if settings.s3_kms_key and settings.s3_encryption != "aws:kms":
        reason = f"is set, but HAILUO_S3_ENCRYPTION is {settings.s3_encryption}"
        raise SettingsError(
            [Problem(Place("HAILUO_S3_KMS_KEY"), reason, "set that to aws:kms, or unset the key")]
        )
    options = S3Options(
        checksums=settings.s3_checksums, encryption=settings.s3_encryption, kms_key=settings.s3_kms_key
    )
    try:
        return S3Store(bucket, prefix, clock=SystemClock(), options=options)
    except ValueError as error:
        reason = f"the AWS settings of this machine cannot be used: {error}"
        remedy = "correct AWS_PROFILE, AWS_ENDPOINT_URL_S3 or ~/.aws/config"
        raise SettingsError([Problem(Place("HAILUO_STORE"), reason, remedy)]) from error
