"""Composition: what a command or a flow needs, put together from the settings.

shelf      what may be chosen from     the folder of campaign files
night      what is due tonight         the same
prepare    load and expand             files only
plan       where every job stands      + the ledger
admit      the whole plan or nothing   + the vendor's balance, the store's probe, the first frames
runner     drives the admitted plan    + everything
publish    manifest and gallery        from the store alone
books      what became of it           two plans of it, before and after
share      a gallery of signed links   the same, for people without access to the bucket
enclose    a gallery in one file       the same, with small films inside, for people without access to anything
settle     what nobody knows           the ledger, and the vendor for a task that a person names
"""

from hailuo.pipeline.books import Allowance, Books, books_of, total_of
from hailuo.pipeline.lead import Lead, Standing
from hailuo.pipeline.night import Due, LeftOut, Night, Unsound, night_of
from hailuo.pipeline.night_report import NightReport, Part
from hailuo.pipeline.prepare import Choice, Prepared, axis_values, prepare
from hailuo.pipeline.publish import Publication, publish
from hailuo.pipeline.session import Session, open_session
from hailuo.pipeline.settlement import open_reconciler
from hailuo.pipeline.shards import Share
from hailuo.pipeline.share import GalleryLink, SharedGallery, link_to_gallery, share
from hailuo.pipeline.shelf import campaign_file, campaigns_on_offer
from hailuo.pipeline.stores import nothing_bought_without_store, open_store
from hailuo.pipeline.surroundings import Surroundings, surroundings, within

__all__ = [
    "Allowance",
    "Books",
    "Choice",
    "Due",
    "GalleryLink",
    "Lead",
    "LeftOut",
    "Night",
    "NightReport",
    "Part",
    "Prepared",
    "Publication",
    "Session",
    "Share",
    "SharedGallery",
    "Standing",
    "Surroundings",
    "Unsound",
    "axis_values",
    "books_of",
    "campaign_file",
    "campaigns_on_offer",
    "link_to_gallery",
    "night_of",
    "nothing_bought_without_store",
    "open_reconciler",
    "open_session",
    "open_store",
    "prepare",
    "publish",
    "share",
    "surroundings",
    "total_of",
    "within",
]
