"""The store of ledger, clips, frames, manifests and galleries: a folder or an S3 bucket, behind one interface."""

from typing import TYPE_CHECKING

from hailuo.lazy import lazy_names

if TYPE_CHECKING:
    from hailuo.store.folder import FolderStore
    from hailuo.store.port import Entry, FetchLinks, Store, read_many

__all__ = ["Entry", "FetchLinks", "FolderStore", "Store", "read_many"]

__getattr__ = lazy_names(
    __name__,
    {"Entry": "port", "FetchLinks": "port", "FolderStore": "folder", "Store": "port", "read_many": "port"},
)
