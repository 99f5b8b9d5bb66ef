"""Reads back what a copy declares: the mark of AI-made media, and its Content Credentials."""

import json
import re
from pathlib import Path

from hailuo.media.mark import top_level_boxes

XMP_UUID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")  # XMP Specification Part 3, section 1.2.7.1


def read_mark(path: Path) -> str | None:
    """The digital source type that the file declares in XMP; None without one."""
    content = path.read_bytes()
    with path.open("rb") as file:
        boxes = [content[start:end] for kind, start, end in top_level_boxes(file) if kind == b"uuid"]
    packets = (box for box in boxes if box.startswith(XMP_UUID))
    found = (re.search(rb"DigitalSourceType>([^<]+)<", packet) for packet in packets)
    return next((match[1].decode() for match in found if match), None)


def read_seal(path: Path) -> str:
    """Whether an mp4 is signed and unchanged since: `none`, `valid` or `broken`. Needs the extra `c2pa`."""
    import c2pa  # type: ignore[import-untyped]  # noqa: PLC0415 (an extra; it has no types)

    try:
        with c2pa.Reader(path) as reader:
            results = json.loads(reader.json()).get("validation_status", [])
    except c2pa.C2paError.ManifestNotFound:
        return "none"
    except c2pa.C2paError:
        return "broken"
    # Unknown to every trust list is not the same as changed.
    changed = [status for status in results if status.get("code") != "signingCredential.untrusted"]
    return "broken" if changed else "valid"
