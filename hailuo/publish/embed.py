"""A gallery in one file, with the small film of every clip inside, for people without access to the store."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hailuo.clock import Clock
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.publish import gallery
from hailuo.publish.publish import Publication
from hailuo.store import Store, read_many

PREVIEWS_LIMIT_BYTES: Final = 36_000_000
"""What previews may take by default; base64 makes 48 MB of it, which mail and browsers still carry."""

_MEDIA_TYPES: Final = {"mp4": "video/mp4", "webp": "image/webp", "png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedGallery:
    """The page, and the stored clips by creative id: `inside`, no room for them (`left_out`), or without a small film
    because they were never checked (`unchecked`). Jobs without a clip are on the page as always.
    """

    page: bytes
    inside: tuple[str, ...]
    left_out: tuple[str, ...]
    unchecked: tuple[str, ...]


async def embed_gallery(
    made: Publication,
    store: Store,
    clock: Clock,
    *,
    limit_bytes: int = PREVIEWS_LIMIT_BYTES,
    progress: Callable[[int, int], None] = lambda _read, _of: None,
) -> EmbeddedGallery:
    """The page of a publication with its previews inside, posters first, up to `limit_bytes` of previews.

    `progress` is called with the number of previews read, and of how many.
    Raises: AdmissionError if no clip has a film, or none has room; StoreUnavailableError.
    """
    stored = made.rows[made.rows["state"] == "stored"]
    posters, films = (
        {
            str(cid): str(uri).rpartition("/")[2]
            for cid, uri in zip(stored["creative_id"], stored[column], strict=True)
            if isinstance(uri, str)
        }
        for column in ("poster_uri", "proxy_uri")
    )
    folder = made.edition.previews
    listed = {entry.key.removeprefix(folder): entry.bytes for entry in await store.listing(folder)}
    sizes = {name: listed[name] for name in [*posters.values(), *films.values()] if name in listed}
    chosen = choose_previews(sizes, limit_bytes=limit_bytes)
    if not any(name in sizes for name in films.values()):
        raise _refused("no clip has a small film to carry", "`hailuo check` makes them")
    if not any(name in chosen for name in films.values()):
        raise _refused("there is no room for a single clip", "raise --embed-limit")
    contents = await read_many(
        store, [f"{folder}{name}" for name in chosen], progress=lambda read: progress(read, len(chosen))
    )
    links = data_uris({key.removeprefix(folder): content for key, content in contents.items()})
    page = made.page(at=clock.now(), links=gallery.inside(links.get))
    return EmbeddedGallery(
        page=page,
        inside=tuple(cid for cid, name in films.items() if name in links),
        left_out=tuple(cid for cid, name in films.items() if name in sizes and name not in chosen),
        unchecked=tuple(str(cid) for cid in stored["creative_id"] if films.get(str(cid)) not in sizes),
    )


def choose_previews(sizes: Mapping[str, int], *, limit_bytes: int) -> Sequence[str]:
    """The names (of name -> bytes) that fit, in the order in which they were chosen; nothing is read for it.

    Posters go first: a page with every poster and half of the clips is better than one with half of both.
    """
    room, chosen = limit_bytes, []
    for name, size in sorted(sizes.items(), key=lambda item: item[0].endswith(".mp4")):
        if size <= room:
            room -= size
            chosen.append(name)
    return chosen


def data_uris(files: Mapping[str, bytes]) -> dict[str, str]:
    """Each file as a data URI, by the same name; the name's ending decides its type."""
    return {
        name: f"data:{_MEDIA_TYPES.get(name.rpartition('.')[2].lower(), 'application/octet-stream')};base64,"
        f"{base64.b64encode(content).decode()}"
        for name, content in files.items()
    }


def check_target(path: Path) -> None:
    """See, before anything is built, whether the file can be written. Raises: AdmissionError."""
    if path.is_dir():
        raise _refused(f"{path} is a folder", "name the file to write, such as gallery.html")
    if not path.absolute().parent.is_dir():
        raise _refused(f"{path.parent} is no folder", "make it, or name another file")


def write_whole(page: bytes, path: Path) -> None:
    """Write the page, whole or not at all. Raises: AdmissionError."""
    scratch = path.with_name(f".{path.name}.part")
    try:
        scratch.write_bytes(page)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise _refused(f"{path} cannot be written ({error.strerror})", "name another file") from error


def _refused(reason: str, remedy: str) -> AdmissionError:
    return AdmissionError([Problem(Place("--embed"), reason, remedy)])
