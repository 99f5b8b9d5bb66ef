"""The store of ledger, clips, frames, manifests and galleries: a folder or an S3 bucket, behind one interface."""

from hailuo.store.folder import FolderStore
from hailuo.store.port import Entry, FetchLinks, Store, read_many

__all__ = ["Entry", "FetchLinks", "FolderStore", "Store", "read_many"]
