"""Composition: what a command or a flow needs, put together from the settings.

prepare    load and expand             files only
plan       where every job stands      + the ledger
admit      the whole plan or nothing   + the vendor's balance, the store's probe, the first frames
runner     drives the admitted plan    + everything
publish    manifest and gallery        from the store alone
share      a gallery of signed links   the same, for people without access to the bucket
settle     what nobody knows           the ledger, and the vendor for a task that a person names
"""

from hailuo.pipeline.prepare import Choice, Prepared, axis_values, prepare
from hailuo.pipeline.publish import Publication, publish
from hailuo.pipeline.session import Session, open_session
from hailuo.pipeline.settlement import open_reconciler
from hailuo.pipeline.share import SharedGallery, share
from hailuo.pipeline.stores import nothing_bought_without_store, open_store
from hailuo.pipeline.surroundings import Surroundings, surroundings, within

__all__ = [
    "Choice",
    "Prepared",
    "Publication",
    "Session",
    "SharedGallery",
    "Surroundings",
    "axis_values",
    "nothing_bought_without_store",
    "open_reconciler",
    "open_session",
    "open_store",
    "prepare",
    "publish",
    "share",
    "surroundings",
    "within",
]
