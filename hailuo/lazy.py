"""Public names of a package that are loaded when they are first used (PEP 562)."""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package. `modules` names the module, within the package, of each public name.

    Raises: ValueError for a name that is also a module's, which would hide it once it is loaded.
    """
    if hidden := modules.keys() & modules.values():
        raise ValueError(f"{package} has modules of the names {sorted(hidden)}")

    def load(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    return load
