"""A gallery that travels alone: one file with a small film of every clip inside, for people without access to the store."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hailuo.clock import Clock
from hailuo.errors import AdmissionError, MissingKeyError, Place, Problem
from hailuo.publish import gallery
from hailuo.publish.publish import Publication
from hailuo.store import Store

_AT_ONCE: Final = 16
_PICTURE, _FILM = "poster_uri", "proxy_uri"
_OPTION: Final = "--embed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosedGallery:
    """The page, and what became of the stored clips by creative id: `inside`, no room (`left_out`), or no film to carry
    (`unseen`: nobody has checked them). Jobs without a clip are on the page as always.
    """

    page: bytes
    inside: tuple[str, ...]
    left_out: tuple[str, ...]
    unseen: tuple[str, ...]


async def enclose(
    made: Publication,
    store: Store,
    clock: Clock,
    *,
    limit_bytes: int = gallery.PREVIEWS_LIMIT_BYTES,
    heard: Callable[[int, int], None] = lambda _read, _of: None,
) -> EnclosedGallery:
    """The page of a publication with its previews inside, posters first, up to `limit_bytes` of previews.

    What has no room is not even read; `heard` is told how many previews were read, of how many.
    Raises: AdmissionError where no clip has a film, or none has room; StoreUnavailableError.
    """
    folder = made.edition.gallery.rpartition("/")[0]
    films = _names(made, _FILM)
    sizes = await _sizes(store, folder, [*_names(made, _PICTURE).values(), *films.values()])
    room = gallery.room_for(sizes, limit_bytes=limit_bytes)
    _check_worth_it(films, sizes, room)
    embedded = gallery.embed(await _read(store, folder, room.taken, heard), limit_bytes=limit_bytes)
    page = gallery.render(
        made.all_rows,
        title=folder.partition("/")[0],
        built_at=clock.now(),
        links=gallery.inside(embedded.links.get),
    )
    return EnclosedGallery(
        page=page,
        inside=tuple(cid for cid, name in films.items() if name in embedded.links),
        left_out=tuple(cid for cid, name in films.items() if name in room.left_out),
        unseen=tuple(cid for cid in _stored(made) if films.get(cid) not in sizes),
    )


def check_target(path: Path) -> None:
    """Before anything is built: whether a file can be put there. Raises: AdmissionError."""
    if path.is_dir():
        raise _refused(f"{path} is a folder", "name the file to write, such as gallery.html")
    if not path.absolute().parent.is_dir():
        raise _refused(f"{path.parent} is no folder", "make it, or name another file")


def keep(page: bytes, path: Path) -> None:
    """Write the page, whole or not at all. Raises: AdmissionError."""
    scratch = path.with_name(f".{path.name}.part")
    try:
        scratch.write_bytes(page)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise _refused(f"{path} cannot be written ({error.strerror})", "name another file") from error


def _stored(made: Publication) -> Sequence[str]:
    return [str(cid) for cid in made.rows.loc[made.rows["state"] == "stored", "creative_id"]]


def _names(made: Publication, column: str) -> Mapping[str, str]:
    """creative id -> file name of that preview, for stored clips that have one."""
    rows = made.rows[(made.rows["state"] == "stored") & made.rows[column].notna()]
    uris = zip(rows["creative_id"], rows[column], strict=True)
    return {str(cid): str(uri).rpartition("/")[2] for cid, uri in uris}


async def _sizes(store: Store, folder: str, names: Iterable[str]) -> Mapping[str, int]:
    """In the order of the names, those that lie there."""
    prefix = f"{folder}/{gallery.preview_beside('')}"
    found = {entry.key.removeprefix(prefix): entry.bytes for entry in await store.listing(prefix)}
    return {name: found[name] for name in names if name in found}


def _check_worth_it(films: Mapping[str, str], sizes: Mapping[str, int], room: gallery.Room) -> None:
    """A page without a single film is no gallery."""
    if not any(name in sizes for name in films.values()):
        raise _refused("no clip has a small film to carry", "`hailuo check` makes them")
    if not any(name in room.taken for name in films.values()):
        raise _refused("there is no room for a single clip", "raise --embed-limit")


async def _read(
    store: Store, folder: str, names: Sequence[str], heard: Callable[[int, int], None]
) -> Mapping[str, bytes]:
    """The previews by name; one that was deleted since the listing is not there."""
    gate, contents = asyncio.Semaphore(_AT_ONCE), dict[str, bytes]()

    async def read(name: str) -> None:
        async with gate:
            with contextlib.suppress(MissingKeyError):
                contents[name] = await store.read(f"{folder}/{gallery.preview_beside(name)}")
        heard(len(contents), len(names))

    await asyncio.gather(*map(read, names))
    return contents


def _refused(reason: str, remedy: str) -> AdmissionError:
    return AdmissionError([Problem(Place(_OPTION), reason, remedy)])
