"""`-q` and `-v`: less, or more, of what happens."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

import click

from hailuo.logs import quiet_logger
from hailuo.text import printable

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%S%z"

quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Print the result and what failed, and nothing else."
)


def verbose_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-v` logs what happens, `-vv` every step of it, to standard error while the command runs."""
    return click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_begin_logging,
        help="Log what happens to standard error; -vv logs every step.",
    )(command)


def _begin_logging(ctx: click.Context, param: click.Parameter, times: int) -> None:
    del param
    if times:
        ctx.with_resource(_logging(logging.INFO if times == 1 else logging.DEBUG))


class _ToStandardError(logging.Handler):
    """Writes to what standard error is at that time: a progress bar may have replaced it."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(printable(self.format(record)), err=True)


@contextlib.contextmanager
def _logging(level: int) -> Iterator[None]:
    logger, handler = quiet_logger("hailuo"), _ToStandardError()
    handler.setFormatter(logging.Formatter(_FORMAT, _TIME))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
