"""Where the manifest of an edition lies in the store."""


def manifest_folder(*, campaign: str, edition: str) -> str:
    """What all of them begin with."""
    return f"{campaign}/{edition}/manifest/"


def manifest_jsonl_key(*, campaign: str, edition: str) -> str:
    """The truth."""
    return f"{campaign}/{edition}/manifest/manifest.jsonl"


def manifest_csv_key(*, campaign: str, edition: str) -> str:
    """The same for spreadsheets."""
    return f"{campaign}/{edition}/manifest/manifest.csv"


def manifest_parquet_key(*, campaign: str, edition: str) -> str:
    """The same for analysts."""
    return f"{campaign}/{edition}/manifest/manifest.parquet"


def manifest_schema_key(*, campaign: str, edition: str) -> str:
    """JSON Schema of one line of the truth."""
    return f"{campaign}/{edition}/manifest/manifest.schema.json"


def datapackage_key(*, campaign: str, edition: str) -> str:
    """What the others are, with their hashes; written last."""
    return f"{campaign}/{edition}/manifest/datapackage.json"
