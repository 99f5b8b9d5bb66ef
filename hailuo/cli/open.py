"""`hailuo open FILE`"""

import asyncio
import contextlib
import threading
import webbrowser
from datetime import timedelta
from pathlib import Path

import click

from hailuo.cli.options import edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import say
from hailuo.errors import AdmissionError, ExitCode, Place, Problem
from hailuo.publish.share import GalleryLink, link_to_gallery
from hailuo.run.environment import run_environment
from hailuo.store import FolderStore, Store
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store, uri_in_full


@click.command("open")
@file_or_edition_argument
@edition_option
@click.option("--serve", is_flag=True, help="Serve a folder's gallery on this machine, until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="With --serve: the port. Default: a free one."
)
@click.option(
    "--hours",
    type=click.IntRange(1, 168),
    default=12,
    show_default=True,
    help="How long the link to a bucket's gallery works.",
)
def command(file: Path, edition: str | None, serve: bool, port: int, hours: int) -> ExitCode:
    """Open the gallery of an edition in the browser, and print its address.

    From a bucket you get a signed link: whoever has it can see the clips until it expires.
    """
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
        _serve(page, port)
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


def _serve(page: Path, port: int) -> None:
    """Serve the folder of the page until Ctrl-C. Raises: AdmissionError if the port is taken."""
    from hailuo.publish.serving import serving  # noqa: PLC0415 (only this pays for a server)

    try:
        with serving(page.parent, port=port) as url:
            _look_at(f"{url}/{page.name}")
            say("Ctrl-C ends it")
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
    except OSError as error:
        reason = f"port {port} cannot be used: {error.strerror}"
        raise AdmissionError(
            [Problem(Place("--port"), reason, "choose another port, or leave it out")]
        ) from error
