"""What every page that we write is made of: a template and its styles and scripts from a package, and a policy that
lets the browser run nothing else.
"""

import base64
import functools
import hashlib
from collections.abc import Mapping
from importlib import resources

import jinja2


def content_policy(sources: Mapping[str, str], *, style: str, script: str) -> str:
    """A Content-Security-Policy that allows this style and this script by their hashes, and `sources` for the rest,
    such as `img-src` to `data: https:`; whatever is not named is refused.
    """
    allowed = {
        "default-src": "'none'",
        **sources,
        "script-src": f"'{_hash(script)}'",
        "style-src": f"'{_hash(style)}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@functools.cache
def asset(package: str, name: str) -> str:
    """The text of a file that ships in the package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def joined(package: str, names: tuple[str, ...]) -> str:
    """Several files of the package, one after the other."""
    return "".join(asset(package, name) for name in names)


def page_environment(package: str) -> jinja2.Environment:
    """Templates of the package: texts are escaped, and a name that is not given is an error."""
    return jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(lambda name: asset(package, name)),
    )
