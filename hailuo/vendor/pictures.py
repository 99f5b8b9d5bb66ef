"""Fetching pictures that people name by their address: bounded, https only, and from no private network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx
from pydantic import SecretStr

from hailuo.settings import uses_proxy
from hailuo.vendor.download import (
    Downloaded,
    Downloader,
    DownloadFault,
    Resolve,
    literals_only,
    system_resolve,
)

_MOST_BYTES: Final = 20_000_000
_SECONDS: Final = 60.0
_NO_API: Final = httpx.URL("https://api.invalid")
"""No address gets our key."""


async def fetch_pictures(
    wanted: Mapping[str, Path],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    resolve: Resolve | None = None,
) -> Mapping[str, str | None]:
    """Each address into its file, one after the other: None where it is there, else why not.

    httpx takes a proxy from the environment, as for the vendor.
    Raises: OSError when a file cannot be written.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(transport=transport, limits=limits, timeout=_SECONDS) as client:
        downloader = Downloader(
            client=client,
            api=_NO_API,
            key=SecretStr("none"),
            resolve=resolve or (literals_only if transport else system_resolve),
            proxied=transport is None and uses_proxy(),
            is_video=False,
        )
        faults: dict[str, str | None] = {}
        for url, path in wanted.items():
            if not url.startswith("https://"):
                faults[url] = "the address is not https"
                continue
            found: Downloaded | DownloadFault = await downloader.fetch(
                url, path, bytes_at_most=_MOST_BYTES, seconds_at_most=_SECONDS
            )
            faults[url] = found.reason if isinstance(found, DownloadFault) else None
        return faults
