"""Registered pictures: groups and assets, as the gateway keeps them. Source: docs/reference/vendor.md#pictures-of-people."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from hailuo.campaign.catalog import Catalog
from hailuo.simulator.answers import AnswerError, flat
from hailuo.simulator.frames import Frame, FrameRefusedError, FrameUnreachableError, fetch_frame

SCHEME = "asset://"
ACTIVE_AFTER_SECONDS = 10.0
_LONGEST_NAME = 64
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfAsset:
    """A registered picture. `failure` is the code and the text of one that never becomes active."""

    asset_id: str
    group_id: str
    name: str
    upload_model: str | None
    made: float
    frame: Frame | None = None
    failure: tuple[str, str] | None = None

    def status(self, now: float) -> str:
        """`Active` after 10 s; seconds are simulated ones."""
        if now - self.made < ACTIVE_AFTER_SECONDS:
            return "Processing"
        return "Failed" if self.failure else "Active"


@dataclass(slots=True)
class AssetShelf:
    """Every group and asset of one account, whatever key asks."""

    frames: httpx.AsyncBaseTransport | None
    groups: dict[str, dict[str, object]] = field(default_factory=dict)
    assets: dict[str, ShelfAsset] = field(default_factory=dict)

    def create_group(self, fields: Fields) -> dict[str, object]:
        """A new group, also of a name that another one has. Raises: AnswerError."""
        name = _name(fields)
        group: dict[str, object] = {"Id": f"group-{len(self.groups) + 1:04}", "Name": name}
        self.groups[str(group["Id"])] = group | {"Model": fields.get("model")}
        return group

    def list_groups(self, fields: Fields) -> dict[str, object]:
        """The groups of an upload model, or all."""
        model = fields.get("model")
        items = [group for group in self.groups.values() if model in (None, group["Model"])]
        return {"Items": items, "TotalCount": len(items)}

    async def create(
        self, fields: Fields, *, now: float, failure: tuple[str, str] | None
    ) -> dict[str, object]:
        """Register the picture at a URL; `failure` is how it ends. Raises: AnswerError."""
        name, group, url = _name(fields), self.groups.get(str(fields.get("group_id"))), fields.get("url")
        if group is None:
            raise AnswerError(flat(400, "invalid_request", "group_id is unknown"))
        if not isinstance(url, str) or not url:
            raise AnswerError(flat(400, "invalid_request", "url is required"))
        model = fields.get("model") or group["Model"]
        if model != group["Model"]:
            raise AnswerError(flat(400, "invalid_request", "the model of the asset is not that of its group"))
        frame = None
        try:
            frame = await fetch_frame(url, self.frames)
        except (FrameRefusedError, FrameUnreachableError) as error:
            failure = failure or ("InvalidParameter.Url", str(error))
        asset = ShelfAsset(
            asset_id=f"asset-{len(self.assets) + 1:06}",
            group_id=str(group["Id"]),
            name=name,
            upload_model=None if model is None else str(model),
            made=now,
            frame=frame,
            failure=failure,
        )
        self.assets[asset.asset_id] = asset
        return _shown(asset, now)

    def get(self, fields: Fields, *, now: float) -> dict[str, object]:
        """One asset. Raises: AnswerError for one that is not there."""
        asset = self.assets.get(str(fields.get("id")))
        if asset is None:
            raise AnswerError(flat(400, "invalid_request", "the asset does not exist"))
        return _shown(asset, now)

    def list_assets(self, fields: Fields, *, now: float) -> dict[str, object]:
        """The assets of a group."""
        items = [_shown(one, now) for one in self.assets.values() if one.group_id == fields.get("group_id")]
        return {"Items": items, "TotalCount": len(items)}

    def quota(self) -> dict[str, object]:
        """How many pictures are registered."""
        return {"enabled": False, "max_count_per_user": 0, "current_count": len(self.assets)}

    def ordered(self, url: str, model: str, catalog: Catalog, *, now: float) -> Frame:
        """The picture that an order names. Raises: AnswerError where it is not active, or of another upload model."""
        asset = self.assets.get(url.removeprefix(SCHEME))
        known = catalog.model(model)
        if asset is None or asset.status(now) != "Active" or asset.frame is None:
            raise AnswerError(flat(400, "invalid_request", f"the asset {url} is not active"))
        if known and known.upload_model and asset.upload_model != known.upload_model:
            raise AnswerError(flat(400, "invalid_request", f"the asset {url} is of {asset.upload_model}"))
        return asset.frame


def _name(fields: Fields) -> str:
    name = fields.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise AnswerError(flat(400, "invalid_request", "name has 1 to 64 characters"))
    return name


def _shown(asset: ShelfAsset, now: float) -> dict[str, object]:
    status = asset.status(now)
    code, message = asset.failure or ("", "")
    error = {"Error": {"Code": code, "Message": message}} if status == "Failed" else {}
    return {"Id": asset.asset_id, "GroupId": asset.group_id, "Name": asset.name, "Status": status, **error}
