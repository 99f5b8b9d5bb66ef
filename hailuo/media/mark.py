"""The mark that says "made by AI" in a file: XMP with IPTC's digital source type, in a box at the end of an mp4.

Sources: XMP Specification Part 3 (Storage in Files), section 1.2.7.1: a top-level `uuid` box with Adobe's id, its
content the serialised XMP packet; IPTC Photo and Video Metadata Standard: `Iptc4xmpExt:DigitalSourceType`, its values
under http://cv.iptc.org/newscodes/digitalsourcetype/. Nothing before the box moves, so every player reads on.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

TRAINED_ALGORITHMIC_MEDIA: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

_XMP_UUID: Final = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
_PACKET: Final = f"""\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <Iptc4xmpExt:DigitalSourceType>{TRAINED_ALGORITHMIC_MEDIA}</Iptc4xmpExt:DigitalSourceType>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def add_mark(path: Path) -> None:
    """Append the mark to an mp4 that has none. Raises: ValueError for a file whose boxes do not end where it ends."""
    with path.open("rb+") as file:
        if not list(top_level_boxes(file)):
            raise ValueError(f"{path.name} is no mp4")
        content = _XMP_UUID + _PACKET.encode()
        file.seek(0, 2)
        file.write(struct.pack(">I4s", 8 + len(content), b"uuid") + content)


def top_level_boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of every top-level box (ISO/IEC 14496-12, 4.2).

    Raises: ValueError after the last box that makes sense, if the file does not end there.
    """
    file_end, at = file.seek(0, 2), 0
    while at < file_end:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            raise ValueError("the file ends within the head of a box")
        size, kind = struct.unpack(">I4s", head[:8])
        start = at + 8
        if size == 1 and len(head) == 16:  # a size of 64 bits follows
            size, start = struct.unpack(">Q", head[8:])[0], at + 16
        end = at + size if size else file_end  # 0: up to the end of the file
        if end >= start:
            yield kind, start, min(end, file_end)
        if end < start or end > file_end:
            raise ValueError(f"the box {kind!r} does not end where it says")
        at = end
