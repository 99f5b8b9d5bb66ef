"""Pictures that the vendor registers before it takes them: what is asked, and what its answers mean.

Source: docs/reference/vendor.md#pictures-of-people. The answers spell their names in several ways (`Id`, `id`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from hailuo.vendor.wire import code_of, fields_of, id_of, mapping_of, plain

ASSET_SCHEME: Final = "asset://"
_PROJECT: Final = "default"
_GROUP_TYPE: Final = "AIGC"
_ACTIVE: Final = frozenset({"active"})
_FAILED: Final = frozenset({"failed", "rejected", "error"})


class AssetPhase(StrEnum):
    """Whether a registered picture may be ordered with."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A registered picture, or a group of them. `code` and `message` say why it failed; the name is "" where none is given."""

    asset_id: str
    name: str = ""
    phase: AssetPhase = AssetPhase.PENDING
    code: str | None = None
    message: str = ""

    @property
    def url(self) -> str:
        """How an order names it."""
        return f"{ASSET_SCHEME}{self.asset_id}"


def group_request(name: str, upload_model: str | None) -> dict[str, object]:
    """The body that makes a group of assets."""
    body = {"name": name, "description": "first frames of video ads", "group_type": _GROUP_TYPE}
    return {**body, "project_name": _PROJECT, **_of(upload_model)}


def asset_request(name: str, url: str, *, group_id: str, upload_model: str | None) -> dict[str, object]:
    """The body that registers the picture at a URL."""
    body = {"group_id": group_id, "url": url, "name": name, "asset_type": "Image", "project_name": _PROJECT}
    return {**body, **_of(upload_model)}


def list_request(*, group_id: str | None, upload_model: str | None) -> dict[str, object]:
    """The body that lists the assets of a group, or the groups."""
    own = {"group_id": group_id} if group_id else {}
    return {**own, "project_name": _PROJECT, **_of(upload_model)}


def _of(upload_model: str | None) -> dict[str, str]:
    return {"model": upload_model} if upload_model else {}


def read_asset(document: object, *, secret: SecretStr | None = None) -> Asset | None:
    """The asset, or the group, of an answer; None where it names none."""
    return next(_assets(mapping_of(document).get("data"), secret), None)


def read_assets(document: object, *, secret: SecretStr | None = None) -> tuple[Asset, ...] | None:
    """Everything in a listing; None where the answer is none."""
    outer = mapping_of(document)
    if outer.get("success") is False or "data" not in outer:
        return None
    return tuple(_assets(outer["data"], secret))


def refusal_in(document: object, *, secret: SecretStr | None = None) -> tuple[str | None, str] | None:
    """Code and message of an answer that says `success: false`; None of any other."""
    outer = mapping_of(document)
    if outer.get("success") is not False:
        return None
    error = _lower(mapping_of(_lower(mapping_of(outer.get("data"))).get("error")))
    code = code_of(error.get("code")) or code_of(outer.get("code"))
    return code, plain(error.get("message") or outer.get("message"), secret=secret)


def _assets(document: object, secret: SecretStr | None) -> Iterator[Asset]:
    """Every object with an id, from outside in."""
    for _, value in fields_of(document):
        fields = _lower(mapping_of(value))
        asset_id = id_of(fields.get("id")) or id_of(fields.get("assetid")) or id_of(fields.get("groupid"))
        if asset_id is None:
            continue
        error = _lower(mapping_of(fields.get("error")))
        word = plain(fields.get("status"), secret=secret).lower()
        phase = (
            AssetPhase.ACTIVE
            if word in _ACTIVE
            else AssetPhase.FAILED
            if word in _FAILED
            else AssetPhase.PENDING
        )
        yield Asset(
            asset_id=asset_id,
            name=plain(fields.get("name"), secret=secret),
            phase=phase,
            code=code_of(error.get("code")),
            message=plain(error.get("message"), secret=secret),
        )


def _lower(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields by names in lower case without `_`: `AssetId`, `asset_id` and `assetId` are one."""
    return {name.replace("_", "").lower(): value for name, value in fields.items()}
