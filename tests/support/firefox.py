"""A Firefox as Debian ships it, for playwright; `tests/support/browsers.py` starts this program in its place.

Playwright drives Firefox by WebDriver BiDi, and its newest version asks for emulations that an ESR does not know yet.
This program starts Firefox and passes every message on. Where Firefox does not know an `emulation.` command, it answers
that it was done: tests that need one run in chromium only.
"""

import asyncio
import json
import re
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

FIREFOX = "/usr/bin/firefox-esr"
_LISTENING = re.compile(r"(ws://[\d.:]+)")


async def _pass_on(playwright: ServerConnection, address: str) -> None:
    """Both ways until either side ends."""
    asked: set[int] = set()
    path = playwright.request.path if playwright.request else "/session"
    async with connect(address + path, max_size=None) as firefox:

        async def commands() -> None:
            async for message in playwright:
                command = json.loads(message)
                if str(command.get("method", "")).startswith("emulation."):
                    asked.add(command["id"])
                await firefox.send(message)

        async def answers() -> None:
            async for message in firefox:
                answer = json.loads(message)
                unknown = answer.get("id") in asked and answer.get("error") == "unknown command"
                done = json.dumps({"type": "success", "id": answer.get("id"), "result": {}})
                await playwright.send(done if unknown else message)

        ways = [asyncio.create_task(way()) for way in (commands, answers)]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()


async def _main() -> int:
    firefox = await asyncio.create_subprocess_exec(FIREFOX, *sys.argv[1:], stderr=asyncio.subprocess.PIPE)
    assert firefox.stderr
    async for line in firefox.stderr:
        text = line.decode(errors="replace")
        if "BiDi listening" in text and (found := _LISTENING.search(text)):
            address = found[1]

            async def serve_one(playwright: ServerConnection, address: str = address) -> None:
                await _pass_on(playwright, address)

            server = await serve(serve_one, "127.0.0.1", 0, max_size=None)
            port = next(iter(server.sockets)).getsockname()[1]
            text = text.replace(address, f"ws://127.0.0.1:{port}")
        sys.stderr.write(text)
        sys.stderr.flush()
    return await firefox.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
