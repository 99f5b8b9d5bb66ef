"""`hailuo open FILE`"""

import asyncio
import contextlib
import threading
import webbrowser
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from hailuo.cli.options import edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import count, say
from hailuo.errors import AdmissionError, ExitCode, Place, Problem
from hailuo.publish.live import LiveJudgements
from hailuo.publish.share import GalleryLink, link_to_gallery
from hailuo.run.environment import run_environment
from hailuo.store import FolderStore, Store
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store, uri_in_full

_FIRST_PORT: Final = 49_152
_PORTS: Final = 16_384
"""The ports that are free for everybody to use."""
_EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 (refused)


@click.command("open")
@file_or_edition_argument
@edition_option
@click.option(
    "--serve",
    is_flag=True,
    help="Serve a folder's gallery until Ctrl-C. Judgements of several people go into the store at once.",
)
@click.option(
    "--host",
    metavar="NAME",
    help="With --serve: serve to other machines, under this name or IPv4 address of this one. The printed address has a token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="With --serve: the port; 0 is a free one. Default: the same one for an edition each time.",
)
@click.option(
    "--hours",
    type=click.IntRange(1, 168),
    default=12,
    show_default=True,
    help="How long the link to a bucket's gallery works.",
)
def command(
    file: Path, edition: str | None, serve: bool, host: str | None, port: int | None, hours: int
) -> ExitCode:
    """Open the gallery of an edition in the browser, and print its address.

    With --serve, people at one address see each other's judgements within seconds. Whoever has the address can judge.

    From a bucket you get a signed link: whoever has it can see the clips until it expires.
    """
    if (host is not None or port is not None) and not serve:
        raise click.UsageError("--host and --port are for --serve")
    if host in _EVERYWHERE:
        raise click.UsageError("--host is the name or address that others type, such as 192.168.1.20")
    env = run_environment()
    store, named = open_store(env.settings), edition_of(file, edition)
    if not isinstance(store, FolderStore):
        if serve:
            raise click.UsageError("--serve is for a folder: the gallery of a bucket has a link of its own")
        with nothing_bought_without_store():
            link = asyncio.run(link_to_gallery(store, env.clock, named, valid_for=timedelta(hours=hours)))
        _look_at(_existing(link, named, store))
        return ExitCode.COMPLETE
    page = Path(uri_in_full(store), named.gallery)
    if not page.is_file():
        _existing(None, named, store)
    if serve:
        live = LiveJudgements(store, named, clock=env.clock)
        _serve(page, host, port, live)
        if live.taken:
            said = count(live.taken, "judgement is", "judgements are")
            say(f"{said} in the store. Manifest and gallery get them with: hailuo judge {named}")
    else:
        _look_at(page.as_uri())
    return ExitCode.COMPLETE


def _existing(link: GalleryLink | None, edition: Edition, store: Store) -> str:
    """Raises: AdmissionError where there is no gallery."""
    if link is None:
        reason = f"{uri_in_full(store)} holds no gallery of {edition}"
        remedy = f"run it first; if it ran, type: hailuo manifest {edition}"
        raise AdmissionError([Problem(Place(str(edition)), reason, remedy)])
    return link.address


def _look_at(address: str) -> None:
    say(address)
    if not webbrowser.open(address):
        click.echo("no browser was found on this machine: open the address yourself", err=True)


def _serve(page: Path, host: str | None, port: int | None, live: LiveJudgements) -> None:
    """Serve the folder of the page until Ctrl-C. Raises: AdmissionError if host or port cannot be used."""
    from hailuo.publish.live_serving import LOOPBACK, Address, new_token, serving_live  # noqa: PLC0415 (only this pays for a server)

    at = Address(host=(host or LOOPBACK).lower(), token=new_token())
    wanted = _usual_port(page) if port is None else port
    try:
        with contextlib.ExitStack() as stack:
            try:
                address = stack.enter_context(
                    serving_live(page.parent, at=replace(at, port=wanted), judgements=live)
                )
            except OSError:
                if port is not None:
                    raise
                address = stack.enter_context(serving_live(page.parent, at=at, judgements=live))
            _look_at(address)
            say("Ctrl-C ends it")
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
    except OSError as error:
        where = f"port {wanted} of {at.host}" if port else at.host
        reason = f"{where} cannot be used: {error.strerror}"
        remedy = "name an address or name of this machine, and a port that is free"
        raise AdmissionError([Problem(Place("--host and --port"), reason, remedy)]) from error


def _usual_port(page: Path) -> int:
    """The same for an edition each time: what a browser saved under an address is found again under the same one."""
    return _FIRST_PORT + zlib.crc32(str(page.resolve()).encode()) % _PORTS
