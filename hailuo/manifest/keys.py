"""Where the manifest of an edition lies in the store."""

__all__ = ["manifest_csv_key", "manifest_jsonl_key"]


def manifest_jsonl_key(*, campaign: str, edition: str) -> str:
    """The truth."""
    return f"{campaign}/{edition}/manifest/manifest.jsonl"


def manifest_csv_key(*, campaign: str, edition: str) -> str:
    """The same for spreadsheets."""
    return f"{campaign}/{edition}/manifest/manifest.csv"
