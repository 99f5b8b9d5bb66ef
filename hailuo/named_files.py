"""Files that a person named: their bytes, and TOML as a value. What is wrong is refused with its place and a remedy."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from hailuo.errors import Place, Problem, RefusedError

_T = TypeVar("_T")


def read_named(path: Path, *, refuse: type[RefusedError], remedy: str) -> bytes:
    """The bytes of a file that a person named. Raises: `refuse`, with the remedy."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse([Problem(Place(str(path)), f"cannot be read ({error.strerror})", remedy)]) from error


def read_toml(
    adapter: TypeAdapter[_T], content: bytes, *, name: str, remedy: str, refuse: type[RefusedError]
) -> _T:
    """A TOML file as a value. Raises: `refuse` naming every place that is wrong."""
    try:
        return adapter.validate_python(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        places = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors(include_url=False)]
        raise refuse([Problem(Place(name), f"{at}: {why}", remedy) for at, why in places]) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise refuse([Problem(Place(name), f"is no TOML: {error}", remedy)]) from error
