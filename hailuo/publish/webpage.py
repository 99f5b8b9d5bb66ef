"""The base of every page: one HTML file with inlined styles and scripts, and a policy that lets the browser run nothing else."""

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Final

import jinja2

_BASE: Final = ("base.html", "base.css")


def render_page(
    package: str,
    *,
    styles: Sequence[str],
    script: str,
    sources: Mapping[str, str],
    values: Mapping[str, object],
) -> bytes:
    """Render `page.html` of the package, which extends `base.html`, as UTF-8.

    `styles` are CSS files of the package, put after `base.css`. The Content-Security-Policy allows this style and this
    script by their hashes, and `sources` for the rest, such as `img-src` to `data: https:`. Texts are escaped; a value
    that a template names and `values` lacks raises jinja2.UndefinedError.
    """
    style = "".join(asset(package, name) for name in ("base.css", *styles))
    allowed = {
        "default-src": "'none'",
        **sources,
        "script-src": _hash(script),
        "style-src": _hash(style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    policy = "; ".join(f"{name} {value}" for name, value in allowed.items())
    page = _template(package).render(values, style=style, script=script, policy=policy)
    return page.encode(errors="backslashreplace")  # UTF-8 cannot hold a lone surrogate


@functools.cache
def asset(package: str, name: str) -> str:
    """The text of a file that ships in the package, or of the base that all pages share."""
    return resources.files(__package__ if name in _BASE else package).joinpath(name).read_text("utf-8")


@functools.cache
def _template(package: str) -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(lambda name: asset(package, name)),
    )
    return environment.get_template("page.html")


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
