"""What lets a command start quickly: what is loaded or built when it is first used, and what may wait."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from types import ModuleType

    from pydantic import ConfigDict

DEFERRED: Final["ConfigDict"] = {"defer_build": True}
"""For a type that pydantic reads: its reader is built at the first use, not at every start."""


class _Later:
    """A module of another project, loaded when something of it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self._name), name)


def lazy_module(name: str) -> "ModuleType":
    """The module `name`, which is loaded when something of it is first used."""
    return cast("ModuleType", _Later(name))


@contextmanager
def without_collector() -> Iterator[None]:
    """While thousands of values are made that all stay: to look for cycles among them takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package (PEP 562). `modules` names the module, within the package, of each public name.

    Raises: ValueError for a name that is also a module's, which would hide it once it is loaded. A name whose extra is
    not installed raises SettingsError when it is used.
    """
    if hidden := modules.keys() & modules.values():
        raise ValueError(f"{package} has modules of the names {sorted(hidden)}")

    def load(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"{package}.{modules[name]}"), name)
        except ModuleNotFoundError as error:
            from hailuo.errors import Place  # noqa: PLC0415 (as below)
            from hailuo.extras import refusal_of  # noqa: PLC0415 (only where an extra is missing)

            raise refusal_of(error, Place(f"{package}.{name}")) or error from error

    return load
