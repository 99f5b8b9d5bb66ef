"""Fetching a clip's bytes: to a file, bounded, checked, and never with our key to a stranger.

Clip URLs come from outside. Each hop is checked: http(s), no credentials in it, and no address on a
private, loopback or link-local network unless the API itself is there (the simulator, a gateway in the
house). A name is resolved once: the addresses that passed the check are those connected to, under the
name's own certificate. Where a proxy connects in our place, it is the proxy that resolves and judges.
Source: docs/reference/vendor.md#fetching-the-clip.
"""

from __future__ import annotations  # httpx is not loaded for its types

import asyncio
import hashlib
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

from hailuo.lazy import lazy_module
from hailuo.vendor.wire import plain

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""A host name in, its IP addresses out; none where the name is not known."""

MEBIBYTE = 1024 * 1024
_REDIRECTS_AT_MOST = 5
_SMALL_CLIP_BYTES = 10 * 1024
_EXPIRED_STATUSES = frozenset({403, 404, 410})
_RANGE = re.compile(r"bytes 0-(\d{1,18})/(\d{1,18})", re.ASCII)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """The file holds the whole clip: `bytes` long, with this SHA-256 (hex), on the disk."""

    bytes: int
    sha256: str
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadFault:
    """No clip was fetched, and there is no file. `expired`: ask for a new URL; `damaged`: the bytes are no clip."""

    expired: bool
    reason: str
    damaged: bool = False
    http_status: int | None = None


class Reach(StrEnum):
    """From where an address can be reached."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    SPECIAL = "special"  # link-local, multicast, reserved, unspecified


_NETWORKS: Mapping[Reach, Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]] = {
    reach: [ipaddress.ip_network(network) for network in networks.split()]
    for reach, networks in {
        Reach.LOOPBACK: "127.0.0.0/8 ::1/128",
        Reach.SPECIAL: "0.0.0.0/8 169.254.0.0/16 224.0.0.0/4 240.0.0.0/4 ::/128 fe80::/10 ff00::/8",
        Reach.PRIVATE: "10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 "
        "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
        "2001::/23 2001:db8::/32 3fff::/20 fc00::/7 fec0::/10",
    }.items()
}
"""What is not public, after the IANA special-purpose address registries of IPv4 and IPv6 (read 2026-11).

Python's own `is_global` follows whichever registry its version knows, so it is not used.
"""
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""Of IPv6, only this has been given out; the rest is for special purposes or reserved (RFC 4291)."""


async def system_resolve(host: str) -> Sequence[str]:
    """The system's own answer."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(str(address[0]) for *_, address in found)


async def literals_only(host: str) -> Sequence[str]:
    """Addresses written out, and localhost; for a transport that opens no sockets."""
    return ("127.0.0.1",) if host == "localhost" else (host,)


def reach_of(address: str) -> Reach | None:
    """From where this address can be reached; None if it is none."""
    try:
        ip = _innermost(ipaddress.ip_address(address))
    except ValueError:
        return None
    for reach, networks in _NETWORKS.items():
        if any(ip in network for network in networks):
            return reach
    return Reach.PUBLIC if ip.version == 4 or ip in _GLOBAL_UNICAST else Reach.PRIVATE


def on_our_own_network(host: str) -> bool:
    """Whether the host says by its spelling that only this machine or this house can reach it."""
    return host == "localhost" or host.endswith(".localhost") or reach_of(host) not in {None, Reach.PUBLIC}


def _innermost(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address represents, if any."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


class _Sink:
    """A file being filled and hashed; on leaving it is removed unless it was kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self._kept = False
        self.head = b""
        self.bytes = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)
        self.head = (self.head + chunk)[:12] if len(self.head) < 12 else self.head
        self.bytes += len(chunk)

    def keep(self) -> str:
        """Everything on the disk; gives the SHA-256 (hex)."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._kept = True
        return self._digest.hexdigest()

    def unfinished(self) -> str | None:
        """What shows that this is no whole mp4: its boxes must add up to the file, and a small file must hold a film.

        Source: ISO/IEC 14496-12 section 4.2 (size 0: to the end of the file; size 1: 64 bits follow) and 8.2.1 (`moov`).
        """
        self._file.flush()
        return _unfinished(self._path, self.bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self._kept:
            self._path.unlink(missing_ok=True)


def _unfinished(path: Path, length: int) -> str | None:
    start, kinds = 0, set()
    with path.open("rb") as file:
        while start < length:
            file.seek(start)
            head = file.read(16)
            kinds.add(head[4:8])
            size = int.from_bytes(head[8:16] if head[:4] == b"\0\0\0\1" else head[:4])
            start = start + max(size, 8) if size else length
    if start != length:
        return f"the mp4 is incomplete: its parts add up to {start} bytes, and {length} arrived"
    if length <= _SMALL_CLIP_BYTES and b"moov" not in kinds:
        return f"the file has only {length} bytes, and no video"
    return None


def is_whole_clip(path: Path) -> bool:
    """Whether the file is what a download would have accepted. Raises: OSError."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and _unfinished(path, path.stat().st_size) is None


class Downloader:
    """Fetches clips. `api` is the API's base URL, the only origin that is shown the key.

    Without `is_video`, the bytes may be anything, such as a picture. `proxied`: a proxy connects in our place. The `client` must keep no connection: one to an address was
    opened under the certificate of one name, and another name may share the address.
    """

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        api: httpx.URL,
        key: SecretStr,
        resolve: Resolve,
        proxied: bool,
        is_video: bool = True,
    ) -> None:
        self._client = client
        self._api = api
        self._secret = key
        self._resolve = resolve
        self._proxied = proxied
        self._is_video = is_video

    async def fetch(
        self, url: str, to: Path, *, bytes_at_most: int, seconds_at_most: float
    ) -> Downloaded | DownloadFault:
        """The clip at `url` into the file `to`, verified.

        Raises OSError when the file cannot be written; never an httpx error.
        """
        try:
            async with asyncio.timeout(seconds_at_most):
                return await self._follow(httpx.URL(url), to, bytes_at_most)
        except (httpx.RequestError, httpx.InvalidURL, ssl.SSLError, TimeoutError, UnicodeError) as error:
            return self._fault(f"{type(error).__name__}: {error}")

    async def _follow(self, url: httpx.URL, to: Path, bytes_at_most: int) -> Downloaded | DownloadFault:
        for _ in range(_REDIRECTS_AT_MOST + 1):
            hosts = await self._hosts(url)
            if isinstance(hosts, DownloadFault):
                return hosts
            async with self._opened(url, hosts) as answer:
                if not answer.has_redirect_location:
                    return await _take(answer, to, bytes_at_most, is_video=self._is_video)
                url = url.join(answer.headers["Location"])
        return self._fault(f"more than {_REDIRECTS_AT_MOST} redirects")

    async def _hosts(self, url: httpx.URL) -> Sequence[str] | DownloadFault:
        """The hosts to connect to for this URL, in the order to try them; or why it may not be asked."""
        if url.scheme not in {"http", "https"} or not url.raw_host:
            return self._fault(f"not an http(s) URL: {url.scheme}")
        if url.userinfo:
            return self._fault("the URL holds credentials")
        name = _name(url)
        if _origin(url) == _origin(self._api):
            return (name,)
        addresses = await self._resolve(name)
        strange = _reaches(addresses) - {Reach.PUBLIC}
        if strange and not strange <= _reaches(await self._resolve(_name(self._api))):
            return self._fault(f"{name} is on a {min(strange)} network and the API is not")
        if self._proxied:
            return (name,)
        return addresses or self._fault(f"{name} is not known to the name service")

    @asynccontextmanager
    async def _opened(self, url: httpx.URL, hosts: Sequence[str]) -> AsyncIterator[httpx.Response]:
        answer = await self._answer(url, hosts)
        try:
            yield answer
        finally:
            await answer.aclose()

    async def _answer(self, url: httpx.URL, hosts: Sequence[str]) -> httpx.Response:
        *others, last = hosts
        for host in others:
            try:
                return await self._ask(url, host)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._ask(url, last)

    async def _ask(self, url: httpx.URL, host: str) -> httpx.Response:
        """Ask this host for the URL: the name stays in Host, in SNI and in the check of the certificate."""
        request = self._client.build_request(
            "GET",
            url.copy_with(host=host),
            headers=self._headers_for(url),
            extensions={"sni_hostname": _name(url)},
        )
        return await self._client.send(request, stream=True)

    def _headers_for(self, url: httpx.URL) -> httpx.Headers:
        headers = httpx.Headers({"Host": url.netloc.decode("ascii")})  # its repr hides the key
        if _origin(url) == _origin(self._api):
            headers["Authorization"] = f"Bearer {self._secret.get_secret_value()}"
        return headers

    def _fault(self, reason: str) -> DownloadFault:
        return DownloadFault(expired=False, reason=plain(reason, secret=self._secret))


def _reaches(addresses: Sequence[str]) -> set[Reach]:
    reaches = {reach_of(address) for address in addresses}
    return {reach for reach in reaches if reach}


def _name(url: httpx.URL) -> str:
    """The host as it is asked for on the wire. httpx shows another one, which resolvers encode by older rules."""
    return url.raw_host.decode("ascii")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, _name(url), port


async def _take(
    answer: httpx.Response, to: Path, bytes_at_most: int, *, is_video: bool
) -> Downloaded | DownloadFault:
    status = answer.status_code
    if status != 200 and not _is_whole(answer):
        return DownloadFault(expired=status in _EXPIRED_STATUSES, reason=f"HTTP {status}", http_status=status)
    declared = _declared_bytes(answer.headers)
    if declared is not None and declared > bytes_at_most:
        return _too_large(bytes_at_most)
    with _Sink(to) as sink:
        async for chunk in answer.aiter_bytes():
            sink.write(chunk)
            if sink.bytes > bytes_at_most:
                return _too_large(bytes_at_most)
        damage = _damage(sink, declared, is_video=is_video)
        if is_video and not damage:
            damage = await asyncio.to_thread(sink.unfinished)
        if damage:
            return DownloadFault(expired=False, reason=damage, damaged=True, http_status=status)
        sha256 = await asyncio.to_thread(sink.keep)
        content_type = plain(answer.headers.get("Content-Type")) or None
        return Downloaded(bytes=sink.bytes, sha256=sha256, content_type=content_type)


def _is_whole(answer: httpx.Response) -> bool:
    """No range was asked for, so a 206 is a part, unless its range is everything there is (RFC 9110, 14.4)."""
    asked = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return answer.status_code == 206 and asked is not None and int(asked[1]) + 1 == int(asked[2])


def _declared_bytes(headers: httpx.Headers) -> int | None:
    """Content-Length where it counts the bytes we see, so not of a body sent compressed."""
    text = headers.get("Content-Length", "")
    is_plain = headers.get("Content-Encoding", "identity").lower() == "identity"
    return int(text) if is_plain and text.isascii() and text.isdigit() else None


def _too_large(bytes_at_most: int) -> DownloadFault:
    return DownloadFault(expired=False, reason=f"larger than {bytes_at_most // MEBIBYTE} MB", http_status=200)


def _damage(sink: _Sink, declared: int | None, *, is_video: bool) -> str | None:
    """What shows that these bytes are not all, or no mp4 where one is expected."""
    if declared is not None and sink.bytes != declared:
        return f"{sink.bytes} bytes came, {declared} were announced"
    if not sink.bytes:
        return "only 0 bytes"
    if is_video and sink.head[4:8] != b"ftyp":
        return "no mp4: no ftyp at offset 4"
    return None
