"""Configuration of boto3's S3 clients, and plain messages for S3's error codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError

CONNECTIONS: Final = 32
_REPEATABLE: Final = frozenset({408, 409, 429, 500, 502, 503, 504})
_REPEATABLE_CODES: Final = frozenset({"RequestTimeout", "BadDigest", "IncompleteBody"})  # sent as a 400
_WORDS: Final[Mapping[str, str]] = {
    "NoSuchBucket": "the bucket does not exist",
    "AccessDenied": "the credentials do not allow it",
    "403": "the credentials do not allow it",
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key",
    "ExpiredToken": "the session's credentials have expired",
    "PermanentRedirect": "the bucket is in another region; set AWS_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set AWS_REGION",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
}
"""Plain messages for S3's error codes; docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """Options for the bucket. Endpoint, region and credentials come from the AWS environment and profiles.

    `checksums`: which ones boto3 sends by itself; some servers refuse the trailers of "when_supported".
    `kms_key` goes with "aws:kms"; the bucket's own key serves where it is None.
    """

    checksums: Literal["when_supported", "when_required"] = "when_supported"
    encryption: Literal["none", "AES256", "aws:kms"] = "none"
    kms_key: str | None = None


def media_config(options: S3Options) -> Any:
    """The client for everything that may be retried: reads, listings, clips, pages."""
    return Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": 5},
        max_pool_connections=CONNECTIONS,
        connect_timeout=5,
        read_timeout=60,
        tcp_keepalive=True,
        request_checksum_calculation=options.checksums,
        response_checksum_validation=options.checksums,
    )


def ledger_config(options: S3Options) -> Any:
    """The client for facts, without retries: a retried conditional PUT would be refused because of its own first try."""
    return Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=CONNECTIONS,
        connect_timeout=3,
        read_timeout=10,
        request_checksum_calculation=options.checksums,
        response_checksum_validation=options.checksums,
    )


def signing_config(options: S3Options, *, endpoint_url: str) -> Any:
    """The client for links. On AWS their host names the region: a link by the global host can be redirected, and then fails."""
    config = media_config(options)
    host = urlsplit(endpoint_url).hostname or ""
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return config
    return config.merge(Config(s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}))


def is_repeatable(error: Any) -> bool:
    return status_of(error) in _REPEATABLE or code_of(error) in _REPEATABLE_CODES


def status_of(error: Any) -> int:
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def code_of(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def said(error: Any) -> str:
    if not isinstance(error, ClientError):
        return str(error)
    code = code_of(error)
    words = _WORDS.get(code) or error.response.get("Error", {}).get("Message") or "refused"
    return f"{words} ({error.operation_name}: HTTP {status_of(error)} {code})"
