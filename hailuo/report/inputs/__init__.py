"""The files a report is made from: exports, lists of ads, mappings."""
