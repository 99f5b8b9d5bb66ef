"""Fetching clips: whole, bounded, checked, and the key for nobody but the API."""

import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from hailuo.vendor import Downloaded, DownloadFault, VideoClient
from hailuo.vendor.download import Reach, reach_of, system_resolve

Ask = Callable[..., Any]
MDAT_BYTES = 20_008
CLIP = b"\x00\x00\x00\x14ftypisom" + b"\x00" * 8 + MDAT_BYTES.to_bytes(4) + b"mdat" + b"\x07" * 20_000
CDN = "https://cdn.example.com/a.mp4"


class Streamed(httpx.AsyncByteStream):
    """A body without a length announced by httpx."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self._chunks = chunks
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._error:
            raise self._error


def clip(**headers: str) -> httpx.Response:
    return httpx.Response(200, content=CLIP, headers={"Content-Type": "video/mp4", **headers})


def fetch(url: str, to: Path, **caps: Any) -> Callable[[VideoClient], Coroutine[Any, Any, Any]]:
    return lambda client: client.download(url, to, **caps)


def names(table: dict[str, list[str]]) -> Callable[[str], Coroutine[Any, Any, list[str]]]:
    """A resolver that knows these names, and addresses written out."""

    async def resolve(host: str) -> list[str]:
        return table.get(host, [host])

    return resolve


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "clip.part"


def test_clip_arrives_whole_and_hashed(ask: Ask, vendor_of: Any, to: Path) -> None:
    """The file holds the vendor's bytes; length and SHA-256 are those of the file."""
    outcome = ask(vendor_of(clip()), fetch(CDN, to))

    assert outcome == Downloaded(
        bytes=len(CLIP), sha256=hashlib.sha256(CLIP).hexdigest(), content_type="video/mp4"
    )
    assert to.read_bytes() == CLIP


def test_clip_in_many_pieces_is_the_same_clip(ask: Ask, vendor_of: Any, to: Path) -> None:
    """A signature cut in two is still seen, and the hash runs along."""
    pieces = Streamed(CLIP[:2], CLIP[2:6], CLIP[6:9000], CLIP[9000:])

    outcome = ask(vendor_of(httpx.Response(200, stream=pieces)), fetch(CDN, to))

    assert outcome.sha256 == hashlib.sha256(CLIP).hexdigest()


DAMAGES = [
    (
        httpx.Response(200, stream=Streamed(CLIP), headers={"Content-Length": "999999"}),
        "999999 were announced",
    ),
    (httpx.Response(200, content=CLIP[:5000]), "the mp4 is incomplete"),
    (httpx.Response(200, content=CLIP[:20]), "only 20 bytes"),
    (httpx.Response(200, content=b"<html>" + b" " * 20_000), "no ftyp"),
    (httpx.Response(200, content=b""), "only 0 bytes"),
]


@pytest.mark.parametrize(("answer", "reason"), DAMAGES, ids=[reason for _, reason in DAMAGES])
def test_what_is_no_whole_mp4_is_damaged_and_gone(
    ask: Ask, vendor_of: Any, to: Path, answer: httpx.Response, reason: str
) -> None:
    """Cut off, too small or no mp4: a fault, and no file that could be taken for a clip."""
    fault = ask(vendor_of(answer), fetch(CDN, to))

    assert (fault.damaged, fault.expired) == (True, False)
    assert reason in fault.reason
    assert not to.exists()


def test_a_whole_film_is_a_clip_however_small_it_is(ask: Ask, vendor_of: Any, to: Path) -> None:
    """It was paid for: it is stored, and the checks dispute it."""
    film = CLIP[:20] + (8).to_bytes(4) + b"moov" + (16).to_bytes(4) + b"mdat" + b"\x07" * 8

    got = ask(vendor_of(httpx.Response(200, content=film)), fetch(CDN, to))

    assert (got.bytes, to.read_bytes()) == (len(film), film)


@pytest.mark.parametrize(
    ("status", "expired"),
    [
        (403, True),
        (404, True),
        (410, True),
        (206, False),
        (401, False),
        (429, False),
        (500, False),
        (304, False),
    ],
)
def test_only_these_statuses_mean_expired(
    ask: Ask, vendor_of: Any, to: Path, status: int, expired: bool
) -> None:
    """403, 404 and 410 ask for a new URL; anything else is tried again."""
    fault = ask(vendor_of(httpx.Response(status, content=CLIP)), fetch(CDN, to))

    assert fault == DownloadFault(expired=expired, reason=f"HTTP {status}", http_status=status)
    assert not to.exists()


@pytest.mark.parametrize(
    ("content_range", "taken"),
    [
        (f"bytes 0-{len(CLIP) - 1}/{len(CLIP)}", True),
        (f"bytes 0-{len(CLIP) - 1}/{len(CLIP) + 1}", False),
        (f"bytes 1-{len(CLIP)}/{len(CLIP) + 1}", False),
        ("bytes 0-1/*", False),
        ("", False),
    ],
)
def test_a_range_that_is_everything_is_the_clip(
    ask: Ask, vendor_of: Any, to: Path, content_range: str, taken: bool
) -> None:
    """A 206 nobody asked for is a part, unless it says that it is the whole."""
    answer = httpx.Response(206, content=CLIP, headers={"Content-Range": content_range})

    got = ask(vendor_of(answer), fetch(CDN, to))

    assert isinstance(got, Downloaded) == taken


@pytest.mark.parametrize("announced", [{"Content-Length": "20012"}, {}], ids=["announced", "unannounced"])
def test_clip_beyond_the_cap_is_not_read_on(
    ask: Ask, vendor_of: Any, to: Path, announced: dict[str, str]
) -> None:
    """A body without end fills no disk."""
    answer = httpx.Response(200, stream=Streamed(CLIP[:9000], CLIP[9000:]), headers=announced)

    fault = ask(vendor_of(answer), fetch(CDN, to, bytes_at_most=10_000))

    assert (fault.reason, to.exists()) == ("larger than 0 MB", False)


def test_broken_connection_leaves_no_file(ask: Ask, vendor_of: Any, to: Path) -> None:
    """A reset in the middle is a fault value, and the part is removed."""
    broken = Streamed(CLIP[:15_000], error=httpx.ReadError("reset"))

    fault = ask(vendor_of(httpx.Response(200, stream=broken)), fetch(CDN, to))

    assert (fault.expired, fault.reason, to.exists()) == (False, "ReadError: reset", False)


def test_key_goes_to_nobody_but_the_api(ask: Ask, vendor_of: Any, to: Path, key: str) -> None:
    """Another host, port or scheme gets no Authorization; neither does any host after a redirect."""
    vendor = vendor_of(
        httpx.Response(302, headers={"Location": "https://cdn.example.com/a.mp4"}),
        httpx.Response(307, headers={"Location": "https://api.imarouter.com:8443/a.mp4"}),
        httpx.Response(301, headers={"Location": "http://api.imarouter.com/a.mp4"}),
        httpx.Response(303, headers={"Location": "https://api.imarouter.com.evil.example/a.mp4"}),
        httpx.Response(308, headers={"Location": "https://API.imarouter.com:443/b.mp4"}),
        clip(),
    )

    outcome = ask(vendor, fetch("https://api.imarouter.com/v1/videos/task_1/content", to))

    assert isinstance(outcome, Downloaded)
    shown = [request.headers.get("Authorization") for request in vendor.asked]
    assert shown == [f"Bearer {key}", None, None, None, None, f"Bearer {key}"]
    assert all(key not in str(request.url) for request in vendor.asked)


def test_redirects_end(ask: Ask, vendor_of: Any, to: Path) -> None:
    """A loop of redirects is given up after five."""
    vendor = vendor_of(httpx.Response(302, headers={"Location": CDN}))

    fault = ask(vendor, fetch(CDN, to))

    assert (fault.reason, len(vendor.asked)) == ("more than 5 redirects", 6)


PRIVATE_URLS = [
    "http://127.0.0.1/a.mp4",
    "http://localhost/a.mp4",
    "http://10.1.2.3/a.mp4",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/a.mp4",
    "http://[::ffff:10.0.0.1]/a.mp4",
    "http://[fe80::1]/a.mp4",
    "http://0.0.0.0/a.mp4",
    "http://100.64.0.1/a.mp4",
    "https://intern.example/a.mp4",
    "https://half.example/a.mp4",
]
INTERNAL = names(
    {"localhost": ["127.0.0.1"], "intern.example": ["192.168.1.9"], "half.example": ["8.8.8.8", "::1"]}
)


@pytest.mark.parametrize("url", PRIVATE_URLS)
def test_clip_on_our_own_network_is_refused(ask: Ask, vendor_of: Any, to: Path, url: str) -> None:
    """Neither directly nor by a redirect does a clip URL reach into the house, by address or by name."""
    vendor = vendor_of(httpx.Response(302, headers={"Location": url}))

    direct = ask(vendor_of(clip()), fetch(url, to), resolve=INTERNAL)
    redirected = ask(vendor, fetch(CDN, to), resolve=INTERNAL)

    assert direct.reason.endswith("network and the API is not")
    assert direct == redirected
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    ("base_url", "url", "allowed"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000/a.mp4", True),
        ("http://127.0.0.1:8000", "http://localhost:9000/a.mp4", True),
        ("http://127.0.0.1:8000", "https://cdn.example.com/a.mp4", True),
        ("http://127.0.0.1:8000", "http://10.0.0.1/a.mp4", False),
        ("http://127.0.0.1:8000", "http://169.254.169.254/a.mp4", False),
        ("https://10.0.0.1", "http://10.0.0.2/a.mp4", True),
        ("https://10.0.0.1", "http://127.0.0.1/a.mp4", False),
    ],
)
def test_house_addresses_are_for_an_api_in_the_house(
    ask: Ask, vendor_of: Any, to: Path, base_url: str, url: str, allowed: bool
) -> None:
    """The simulator on loopback serves loopback clips, and opens no other door."""
    outcome = ask(vendor_of(clip()), fetch(url, to), base_url=base_url, resolve=INTERNAL)

    assert isinstance(outcome, Downloaded) is allowed


@pytest.mark.parametrize(
    "url",
    ["ftp://x/a.mp4", "file:///etc/passwd", "a.mp4", "", "https://x:y/", "https://u:p@cdn.example.com/a.mp4"],
)
def test_url_that_is_no_clip_address_is_never_asked(ask: Ask, vendor_of: Any, to: Path, url: str) -> None:
    """Other schemes, rubbish and credentials in the URL are refused before a byte leaves."""
    vendor = vendor_of(clip())

    assert isinstance(ask(vendor, fetch(url, to)), DownloadFault)
    assert vendor.asked == []


def test_full_disk_is_the_callers_to_hear(ask: Ask, vendor_of: Any, tmp_path: Path) -> None:
    """A file that cannot be written is our own trouble, not the vendor's: OSError."""
    with pytest.raises(OSError, match="No such file"):
        ask(vendor_of(clip()), fetch(CDN, tmp_path / "missing" / "clip.part"))


def words(text: str) -> list[str]:
    return text.split()


# The first and the last address of each block of the IANA special-purpose registries, and their public neighbours.
SPECIAL_PURPOSE = words("""
0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255
169.254.0.0 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255
192.88.99.0 192.88.99.255 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0
198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255 :: ::1
::ffff:10.0.0.1 ::10.0.0.1 64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100::
100::ffff:ffff:ffff:ffff 100:0:0:1:: 2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8::
2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2002:a00:1:: 2002:7f00:1:: 3fff::
3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff 4000:: 8000::
fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe80:: febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff fec0::
ff00:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
""")
PUBLIC = words("""
1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255
198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255 2001:200:: 2001:db7:: 2001:db9:: 2600:: 2a00::
3ffe::
""")


@pytest.mark.parametrize("address", SPECIAL_PURPOSE)
def test_no_special_purpose_address_is_public(address: str) -> None:
    """By our own table: Python's differs from one version to the next."""
    assert reach_of(address) not in {None, Reach.PUBLIC}


@pytest.mark.parametrize("address", PUBLIC)
def test_the_neighbours_of_special_blocks_are_public(address: str) -> None:
    """No block is larger than the registry's."""
    assert reach_of(address) is Reach.PUBLIC


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("8.8.8.8", Reach.PUBLIC),
        ("2606:4700::1111", Reach.PUBLIC),
        ("64:ff9b::8.8.8.8", Reach.PUBLIC),
        ("64:ff9b::10.0.0.1", Reach.PRIVATE),
        ("2002:0a00:0001::", Reach.PRIVATE),
        ("fc00::1", Reach.PRIVATE),
        ("::ffff:127.0.0.1", Reach.LOOPBACK),
        ("fe80::1%eth0", Reach.SPECIAL),
        ("224.0.0.1", Reach.SPECIAL),
        ("cdn.example.com", None),
    ],
)
def test_reach_of_an_address(address: str, reach: Reach | None) -> None:
    """An IPv4 address in IPv6 dress is judged as what it is."""
    assert reach_of(address) is reach


@pytest.mark.enable_socket
def test_system_resolver_reads_addresses_in_any_spelling(ask: Ask, vendor_of: Any, to: Path) -> None:
    """127.1 and 2130706433 are loopback to the system, so they are to us."""
    for url in ("http://127.1/a.mp4", "http://2130706433/a.mp4"):
        fault = ask(vendor_of(clip()), fetch(url, to), resolve=system_resolve)
        assert "loopback" in fault.reason


def test_half_a_clip_is_found_out_even_when_its_length_fits(ask: Ask, vendor_of: Any, to: Path) -> None:
    """An mp4 says itself how long it is: a cut one is no clip, whatever Content-Length says."""
    half = httpx.Response(200, content=CLIP[: len(CLIP) - 5_000])

    outcome = ask(vendor_of(half), fetch("https://cdn.example.com/a.mp4", to))

    assert isinstance(outcome, DownloadFault)
    assert outcome.damaged
    assert "the mp4 is incomplete" in outcome.reason
    assert not to.exists()


@pytest.mark.parametrize("size_field", [b"\0\0\0\0", b"\0\0\0\1"], ids=["to the end", "64 bits"])
def test_the_long_spellings_of_a_box_size_are_understood(
    ask: Ask, vendor_of: Any, to: Path, size_field: bytes
) -> None:
    """A last box may run to the end of the file, or tell its size in 64 bits."""
    box = size_field + b"mdat" + (20_016).to_bytes(8) + b"\x07" * 20_000
    clip = httpx.Response(200, content=CLIP[:20] + box)

    outcome = ask(vendor_of(clip), fetch("https://cdn.example.com/a.mp4", to))

    assert isinstance(outcome, Downloaded)
