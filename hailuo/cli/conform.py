"""`hailuo conform FILE`"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypedDict, Unpack

import click

from hailuo.campaign.files.finish_schema import NO_FINISH
from hailuo.campaign.finish import Finish
from hailuo.cli.options import (
    as_json_option,
    choice_options,
    choose,
    edition_of,
    edition_option,
    file_or_edition_argument,
    only_option,
)
from hailuo.cli.plain import count, echo_json, say
from hailuo.errors import ExitCode
from hailuo.media.credentials import Credentials, CredentialsError, open_credentials
from hailuo.media.placements import Fit, placement_book
from hailuo.media.recipe import OWN, SILENT, CopyOptions
from hailuo.plan.prepare import PreparedCampaign, prepare
from hailuo.publish.conform import ConformOptions, CopyResult, conform, file_sha256, stored_clips
from hailuo.publish.picks import Choice, chosen
from hailuo.publish.publish import publish
from hailuo.run.environment import run_environment
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store
from hailuo.text import quoted, suggestion

_BOOK: Final = placement_book()
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Asked(TypedDict):
    """The options that say what copies to make, and of which clips."""

    picked: bool
    rated: int | None
    tags: tuple[str, ...]
    placements: tuple[str, ...]
    aspects: tuple[str, ...]
    versions: tuple[str, ...]
    fit: Fit | None
    audio: str | None
    mark: bool
    c2pa_cert: Path | None
    c2pa_key: Path | None


@click.command("conform")
@file_or_edition_argument
@edition_option
@only_option
@choice_options
@click.option(
    "--placement",
    "placements",
    multiple=True,
    type=click.Choice(sorted(_BOOK.placements)),
    help="Make a copy for this placement. Repeat it for more. Default: the campaign file's placements.",
)
@click.option(
    "--aspect",
    "aspects",
    multiple=True,
    type=click.Choice(list(_BOOK.copies)),
    help="Make a copy of this aspect ratio, without a placement. Repeat it for more.",
)
@click.option(
    "--finish",
    "versions",
    metavar="VERSION",
    multiple=True,
    help="Make copies with this version of the file's finish, or `none`. Repeat it for more. Default: all versions.",
)
@click.option(
    "--fit",
    type=click.Choice(["pad", "crop", "blur"]),
    help="Add bars, crop to the middle, or fill with a blurred copy. Default: the placement's.",
)
@click.option(
    "--audio", metavar="silent|PATH", help="Silence, or sound from a file. Default: the clip's sound."
)
@click.option("--mark/--no-mark", default=True, help="Mark the copies as made by AI (XMP, IPTC).")
@click.option("--c2pa-cert", type=_FILE, help="Sign the copies: a PEM certificate chain (extra c2pa).")
@click.option("--c2pa-key", type=_FILE, help="The certificate's private key, PEM, not encrypted.")
@as_json_option
def command(
    file: Path,
    edition: str | None,
    only: Mapping[str, frozenset[str]],
    as_json: bool,
    **asked: Unpack[_Asked],
) -> ExitCode:
    """Make upload-ready copies of the stored clips. The clips stay as they are.

    Exit code 1 if a copy cannot be made, for example because its clip is too long for the placement.
    """
    target, options = edition_of(file, edition), _options(file, asked)
    choice = Choice(picked=asked["picked"], rated=asked["rated"], tags=asked["tags"])
    with nothing_bought_without_store():
        copies = asyncio.run(_conform(target, options, only, choice, quiet=as_json))
    if as_json:
        echo_json([_json(copy) for copy in copies])
    else:
        _show_sum(copies)
    return ExitCode.INCOMPLETE if any(copy.state == "impossible" for copy in copies) else ExitCode.COMPLETE


def _options(file: Path, asked: _Asked) -> ConformOptions:
    credentials = _credentials(asked["c2pa_cert"], asked["c2pa_key"])
    audio, path = _audio(asked["audio"])
    copy = CopyOptions(
        fit=asked["fit"],
        audio=audio,
        marked=asked["mark"],
        signed_by=credentials.fingerprint if credentials else None,
    )
    prepared = prepare(choose(file), run_environment().settings) if file.is_file() else None
    campaign = prepared.campaign if prepared else None
    own = campaign.placements if campaign else ()
    placements = asked["placements"] or (() if asked["aspects"] else own)
    if not placements and not asked["aspects"]:
        raise click.UsageError("name a --placement or an --aspect: the campaign file names no placements")
    return ConformOptions(
        placements=tuple(dict.fromkeys(placements)),
        aspects=tuple(dict.fromkeys(asked["aspects"])),
        copy=copy,
        audio=path,
        credentials=credentials,
        finishes=_finishes(prepared, asked["versions"]),
        columns={job.creative_id: job.columns for job in prepared.expansion.jobs} if prepared else {},
    )


def _finishes(prepared: PreparedCampaign | None, versions: tuple[str, ...]) -> tuple[Finish | None, ...]:
    """The versions named, or all of the file; None is no finish. Raises: CampaignError for a finish with problems."""
    offered: dict[str, Finish | None] = {}
    if prepared and prepared.campaign and prepared.campaign.finishes is not None:
        offered = {finish.name: finish for finish in prepared.require_campaign().finishes or ()}
    known = {**offered, NO_FINISH: None}
    for version in versions:
        if version not in known:
            raise click.BadParameter(
                f"the file has no version {quoted(version)}; {suggestion(version, known)}",
                param_hint="--finish",
            )
    return tuple(known[version] for version in dict.fromkeys(versions)) or tuple(offered.values()) or (None,)


def _audio(asked: str | None) -> tuple[str, Path | None]:
    """What the recipe calls the sound, and the file it comes from."""
    if asked in (None, SILENT):
        return asked or OWN, None
    path = Path(asked)
    if not path.is_file():
        raise click.BadParameter(f"{asked} is no file; write silent for silence", param_hint="--audio")
    try:
        return file_sha256(path), path
    except OSError as error:
        raise click.BadParameter(f"{asked}: {error.strerror}", param_hint="--audio") from error


def _credentials(certificate: Path | None, key: Path | None) -> Credentials | None:
    if (certificate is None) != (key is None):
        raise click.UsageError("--c2pa-cert and --c2pa-key go together")
    if certificate is None or key is None:
        return None
    try:
        return open_credentials(certificate, key)
    except CredentialsError as error:
        raise click.UsageError(str(error)) from error


async def _conform(
    edition: Edition,
    options: ConformOptions,
    only: Mapping[str, frozenset[str]],
    choice: Choice,
    *,
    quiet: bool,
) -> list[CopyResult]:
    env = run_environment()
    store = open_store(env.settings)
    clips = await stored_clips(store, env.clock, edition, only=only)
    kept = await chosen(store, edition, choice)
    if kept is not None:
        clips = [clip for clip in clips if clip.job.creative_id in kept]
    copies = []
    async for copy in conform(clips, options, store, env.clock):
        copies.append(copy)
        if not quiet:
            _show(copy)
    if any(copy.state == "made" for copy in copies):
        await publish(store, env.clock, edition)  # else the gallery shows the copies of last time
    return copies


def _show(copy: CopyResult) -> None:
    what = f"{copy.creative_id} {' '.join(filter(None, (copy.name, copy.finish)))}: {copy.state}"
    if copy.conformed is None:
        say(f"{what}: {copy.why}")
        return
    say(f"{what}: {copy.conformed.key}")
    if copy.conformed.placement:
        ruling = copy.conformed.placements[copy.conformed.placement]
        for finding in ruling.findings:
            say(f"  {ruling.verdict}: {finding}")


def _show_sum(copies: Sequence[CopyResult]) -> None:
    states = Counter(copy.state for copy in copies)
    parts = [f"{number:,} {state}" for state, number in sorted(states.items())]
    say(f"{count(len(copies), 'copy', 'copies')}: {', '.join(parts)}" if parts else "no clip is stored yet")


def _json(copy: CopyResult) -> dict[str, object]:
    made = copy.conformed
    return {
        "creative_id": copy.creative_id,
        "name": copy.name,
        "finish": copy.finish,
        "state": copy.state,
        "why": copy.why,
        "key": made.key if made else None,
        "sha256": made.sha256 if made else None,
        "derivation": made.derivation if made else None,
        "placements": {name: ruling.as_json() for name, ruling in made.placements.items()} if made else None,
    }
