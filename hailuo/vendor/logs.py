"""What httpx and httpcore write into their logs, without secrets: they name every URL, signature and all."""

import logging
from typing import Final

from pydantic import SecretStr

from hailuo.vendor.wire import without_secrets

_LOGGERS: Final = (
    "httpx",  # INFO: each request's URL
    "httpcore.connection",
    "httpcore.http11",  # DEBUG: each answer's headers, Location among them
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


class Discretion(logging.Filter):
    """Cuts the key and the queries of URLs out of what these loggers say, until `end` is called.

    On the loggers, not on a handler: whoever listens (a terminal, a file, Prefect) hears the same.
    """

    def __init__(self, key: SecretStr) -> None:
        super().__init__()
        self._secret = key
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_secrets(record.getMessage(), secret=self._secret)
        record.args = ()
        return True

    def end(self) -> None:
        """Take the loggers out of custody."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)
