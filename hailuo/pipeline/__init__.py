"""Composition: what a command or a flow needs, put together from the settings.

prepare    load and expand             files only
plan       where every job stands      + the ledger
admit      the whole plan or nothing   + the vendor's balance, the store's probe, the first frames
runner     drives the admitted plan    + everything
publish    manifest and gallery        from the store alone
"""

from hailuo.pipeline.prepare import Choice, Prepared, axis_values, prepare
from hailuo.pipeline.publish import Publication, publish
from hailuo.pipeline.session import Session, open_session
from hailuo.pipeline.stores import open_store
from hailuo.pipeline.surroundings import Surroundings, surroundings, within

__all__ = [
    "Choice",
    "Prepared",
    "Publication",
    "Session",
    "Surroundings",
    "axis_values",
    "open_session",
    "open_store",
    "prepare",
    "publish",
    "surroundings",
    "within",
]
