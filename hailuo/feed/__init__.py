"""A shop's products as rows of a campaign: a Shopify export, a Google Merchant feed, or any CSV."""

from hailuo.feed.feed import FeedChanges, FeedMap, make_rows, read_map
from hailuo.feed.products import Product, read_products

__all__ = ["FeedChanges", "FeedMap", "Product", "make_rows", "read_map", "read_products"]
