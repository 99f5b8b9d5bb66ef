"""How the vendor is reached: its address and key checked, and the httpx clients, which differ in pace and in who sees the key."""

from __future__ import annotations  # httpx is not loaded for its types

import ipaddress
import re
import ssl
from collections.abc import Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from hailuo.lazy import lazy_module
from hailuo.settings import uses_proxy

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

_PLAIN_ADDRESS: Final = re.compile(
    r"https?://(?P<host>127\.0\.0\.1|([a-z0-9][a-z0-9-]*\.)*[a-z][a-z0-9]*)(:(?!80$|443$)[1-9]\d{1,4})?"
)
"""An address without a path in the only way to write it: httpx need not be loaded to read it."""

_UNBOUNDED: Final = {"br", "zstd"}
"""Encodings of which a few bytes can unfold to any size; gzip and deflate grow a thousandfold at most."""


@cache
def _tls_of_this_machine() -> ssl.SSLContext:
    """What calls to a vendor on loopback share: it depends on nothing of the environment, and is slow to make."""
    return httpx.create_ssl_context(trust_env=False)


class Connector:
    """Makes the httpx clients, which differ in pace and in who is shown the key."""

    def __init__(
        self, base_url: str, host: str, *, transport: httpx.AsyncBaseTransport | None, user_agent: str
    ) -> None:
        self._base_url = base_url
        self._transport = transport
        self._made: list[httpx.AsyncClient] = []
        self._headers = {
            "User-Agent": user_agent,
            "Accept-Language": "en",  # messages are localised, often to Chinese
            "Accept-Encoding": "identity",  # nothing to decode: an id is never lost to a broken encoding
        }
        self._trust_env = not _is_loopback(host)  # a proxy has no business on our own machine

    @cached_property
    def proxied(self) -> bool:
        return self._transport is None and self._trust_env and uses_proxy()

    @cached_property
    def api(self) -> httpx.URL:
        return httpx.URL(self._base_url)

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        if self._transport:
            return True
        return httpx.create_ssl_context() if self._trust_env else _tls_of_this_machine()

    def client(
        self, seconds: Mapping[str, float], limits: Mapping[str, int | None], authorization: httpx.Headers
    ) -> httpx.AsyncClient:
        headers = httpx.Headers(self._headers)
        headers.update(authorization)
        client = httpx.AsyncClient(
            base_url=self.api,
            headers=headers,
            timeout=httpx.Timeout(**seconds),
            limits=httpx.Limits(**limits),
            transport=self._transport,
            verify=self._tls,
            trust_env=self._trust_env,
            follow_redirects=False,
            event_hooks={"response": [_reject_unbounded_encoding]},
        )
        self._made.append(client)
        return client

    async def aclose(self) -> None:
        """Close every client, and the transport also where no client was made."""
        for client in self._made:
            await client.aclose()
        if self._transport:
            await self._transport.aclose()


async def _reject_unbounded_encoding(answer: httpx.Response) -> None:
    """Undisguised answers were asked for. One layer of gzip is borne with; what has no bound is not unfolded."""
    codings = [word.strip().lower() for word in answer.headers.get("Content-Encoding", "").split(",")]
    if len(codings) > 1 or not _UNBOUNDED.isdisjoint(codings):
        raise httpx.DecodingError("encoded in a way that has no bound", request=answer.request)


def checked_base_url(text: str) -> tuple[str, str]:
    """The address as httpx writes it, and its host. Raises: ValueError."""
    plain = _PLAIN_ADDRESS.fullmatch(text)
    if plain and (text.startswith("https:") or _is_loopback(plain["host"])):
        return text, plain["host"]
    try:
        url = httpx.URL(text.strip().rstrip("/"))
    except httpx.InvalidURL as error:
        raise ValueError("the base URL is no URL; use one like https://api.imarouter.com") from error
    if url.userinfo or url.query or url.fragment:
        raise ValueError("the base URL holds credentials, a query or a fragment; leave them out")
    if url.path.endswith("/v1"):
        raise ValueError(f"the base URL {url} ends in /v1; leave that out, it is added")
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))):
        raise ValueError(
            f"the base URL {url} would send the key in the open; use https (http on loopback only)"
        )
    return str(url), url.host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def checked_key(key: SecretStr) -> SecretStr:
    """A key that cannot stand in a header would make every submit UNCLEAR, so it is refused here."""
    if not _fits_header(key):
        raise ValueError(
            "the API key is empty or contains spaces or invalid characters; set IMAROUTER_API_KEY again"
        )
    return key


def _fits_header(key: SecretStr) -> bool:
    text = key.get_secret_value()
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
