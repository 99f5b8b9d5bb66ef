"""Pictures that people name by their address."""

import asyncio

import pytest

from hailuo.vendor.pictures import fetch_pictures

pytestmark = [pytest.mark.anyio, pytest.mark.enable_socket]


async def test_pictures_are_fetched_through_the_proxy_of_the_environment(tmp_path, monkeypatch):
    """As the vendor is: where only a proxy leads out, a feed works too."""
    asked = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().strip())
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def public(name: str) -> tuple[str, ...]:
        return ("93.184.215.14",)

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        url = "https://shop.example/hero.jpg"
        found = await fetch_pictures({url: tmp_path / "hero.jpg"}, resolve=public)

    assert asked
    assert set(asked) == {"CONNECT shop.example:443 HTTP/1.1"}
    assert found[url] is not None
    assert not (tmp_path / "hero.jpg").exists()
