"""Loggers that cannot fail the code that logs: a full disk behind a handler must not cost a clip."""

import logging
from contextlib import suppress


class _QuietLogger(logging.Logger):
    """A logger that swallows what its filters and handlers raise."""

    def handle(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            super().handle(record)


def quiet_logger(name: str) -> logging.Logger:
    """The logger of this name. From now on nothing that it logs can raise, whatever its handlers do."""
    logger = logging.getLogger(name)  # noqa: TID251 (the one place)
    kind = type(logger)
    if not issubclass(kind, _QuietLogger):
        quiet = _QuietLogger if kind is logging.Logger else type(kind.__name__, (_QuietLogger, kind), {})
        logger.__class__ = quiet
    return logger


def quiet_loggers(*packages: str) -> None:
    """The same for every logger that these packages have made so far."""
    known = list(logging.root.manager.loggerDict)
    for package in packages:
        for name in [package, *(name for name in known if name.startswith(f"{package}."))]:
            quiet_logger(name)
