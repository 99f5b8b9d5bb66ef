"""`hailuo frames PICTURE...`"""

from pathlib import Path

import click

from hailuo.campaign.files import check_frame
from hailuo.cli.plain import say
from hailuo.errors import CampaignError, ExitCode, Place, Problem
from hailuo.media.still import FrameFit, FrameShape, StillError, converted


def _shape(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> tuple[FrameShape, ...]:
    del context, option
    try:
        return tuple(FrameShape.of(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("frames")
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PICTURE...")
@click.option(
    "--fit",
    "shapes",
    multiple=True,
    callback=_shape,
    metavar="W:H",
    help="The shape, such as 9:16. Repeat it for more.",
)
@click.option(
    "--how",
    type=click.Choice([fit.value for fit in FrameFit]),
    default=FrameFit.CROP.value,
    show_default=True,
    help="crop: cut to the middle; pad: add bars; blur: put it before a blurred copy of itself.",
)
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Write into this folder instead of beside it."
)
def command(
    pictures: tuple[Path, ...], shapes: tuple[FrameShape, ...], how: str, folder: Path | None
) -> ExitCode:
    """Make first frames of pictures: upright, opaque, sRGB, as JPG, in the shapes that placements want.

    Reads JPG, PNG, WebP, AVIF, TIFF, BMP and GIF. The picture itself stays as it is.
    """
    problems: list[Problem] = []
    for picture in pictures:
        for shape in shapes or (None,):
            mark = f"-{shape}" if shape else "-frame"
            target = (folder or picture.parent) / f"{picture.stem}{mark}.jpg"
            try:
                content = converted(picture.read_bytes(), shape=shape, fit=FrameFit(how))
                check_frame(content)
                _write(target, content)
            except (StillError, OSError, ValueError) as error:
                reason, _, remedy = str(error).partition("; ")
                problems.append(
                    Problem(Place(str(picture)), reason, remedy or "check the name and the rights")
                )
            else:
                say(f"{target}")
    if problems:
        raise CampaignError(problems)
    return ExitCode.COMPLETE


def _write(target: Path, content: bytes) -> None:
    """Raises: ValueError where another picture has the name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.read_bytes() != content:
        raise ValueError(f"{target} exists and is another picture; delete it, or write elsewhere with --to")
    target.write_bytes(content)
