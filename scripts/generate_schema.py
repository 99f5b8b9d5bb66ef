"""Write campaigns/schema.json from the models that check campaign files; --check only compares (for CI)."""

import json
import sys
from pathlib import Path

from hailuo.campaign.files import campaign_schema

SCHEMA = Path(__file__).parents[1] / "campaigns" / "schema.json"


def rendered() -> str:
    """The schema as the file holds it."""
    return json.dumps(campaign_schema(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        SCHEMA.write_text(rendered(), encoding="utf-8")
        print(f"wrote {SCHEMA.name}")
        return 0
    if SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == rendered():
        return 0
    print("campaigns/schema.json is stale; run: python scripts/generate_schema.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
