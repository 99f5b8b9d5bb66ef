"""What a file of the vendor says otherwise than the catalog, as a catalog file to lay over it.

The file is an OpenAPI document, or a saved list of models (`GET /v1/models`).
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from hailuo.campaign.body_template import PLACEHOLDER, is_condition
from hailuo.campaign.catalog import Catalog, Family, Model, Setting
from hailuo.campaign.files.text import ProblemList, read_text
from hailuo.errors import CatalogError, Place, Problem

_MOST_BYTES: Final = 20_000_000
_LONGEST_RANGE: Final = 600
_DEEPEST: Final = 20
_SAVE: Final = "save the vendor's OpenAPI file, or its answer to GET /v1/models"
Node = Mapping[str, object]
Field = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """The schema of an order that the vendor publishes, and the models that it is for."""

    schema: Node
    models: tuple[str, ...]


def vendor_differences(path: Path, catalog: Catalog, *, on: date) -> str:
    """A catalog file with what the vendor's file sells and the catalog does not; the rest as comments.

    Raises: CatalogError, with one problem, for a file that is neither an OpenAPI document nor a list of models.
    """
    document = _document(path)
    schemas = _Schemas(document)
    orders, listed = list(_orders(document, schemas)), _listed(document)
    if not orders and not listed:
        raise CatalogError([Problem(Place(str(path)), "the file names no models of requests", _SAVE)])
    offers, remarks = dict[str, list[str]](), list[str]()
    for order, name in ((one, name) for one in orders for name in one.models):
        model = catalog.model(name)
        if model is None:
            remarks.append(f"# {name} is not in the catalog")
            continue
        family = catalog.family_of(model)
        remarks += (f"# {name}: {remark}" for remark in _remarks(order.schema, model, family, schemas))
        if new := _new_cells(order.schema, model, family, schemas):
            offers[name] = new
    if listed:
        remarks += (f"# {name} is not in the catalog" for name in listed if catalog.model(name) is None)
        remarks += (f"# {name} is not in the vendor's list" for name in catalog.models if name not in listed)
    if schemas.dangling:
        named = ", ".join(sorted(schemas.dangling))
        reason = f"it refers to what is not in it: {named}"
        raise CatalogError(
            [Problem(Place(str(path)), reason, "save the whole file, with everything it refers to")]
        )
    return "\n".join(_written(path, on, offers, list(dict.fromkeys(remarks))))


class _CoreLoader(yaml.SafeLoader):
    """YAML as OpenAPI means it: `on` and `9:16` are texts."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (as the class above has it)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


def _document(path: Path) -> object:
    """The file as JSON, else as YAML. Raises: CatalogError."""
    problems = ProblemList()
    text = read_text(path, problems, most_bytes=_MOST_BYTES)
    if text is None:
        raise CatalogError(problems.problems)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return yaml.load(text, Loader=_CoreLoader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(str(path), mark.line + 1) if mark else Place(str(path))
        raise CatalogError([Problem(place, "the file is neither JSON nor YAML", _SAVE)]) from error


class _Schemas:
    """Looks schemas up: what a reference means, and several that hold together as one."""

    def __init__(self, document: object) -> None:
        self._document = document
        self.dangling: set[str] = set()

    def whole(self, node: object, depth: int = 0) -> Node:
        """The schema itself, without `$ref` and `allOf`; empty where it leads in a circle or nowhere."""
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return {}
        merged = {key: value for key, value in node.items() if key not in ("$ref", "allOf")}
        parts = [self._found(node["$ref"])] if isinstance(node.get("$ref"), str) else []
        together = node.get("allOf")
        parts += together if isinstance(together, list) else []
        for part in parts:
            merged = _merged(self.whole(part, depth + 1), merged)
        return merged

    def fields(self, node: object) -> Node:
        """Its properties."""
        properties = self.whole(node).get("properties")
        return properties if isinstance(properties, Mapping) else {}

    def choices(self, node: object, depth: int = 0) -> tuple[object, ...]:
        """The values that a property may have: of an enumeration, or of a short range of whole numbers."""
        schema = self.whole(node)
        listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if isinstance(listed, list):
            return tuple(value for value in listed if isinstance(value, str | int | float | bool))
        lowest, highest = schema.get("minimum"), schema.get("maximum")
        if isinstance(lowest, int) and isinstance(highest, int) and highest - lowest <= _LONGEST_RANGE:
            return tuple(range(lowest, highest + 1))
        parts = next((schema[key] for key in ("oneOf", "anyOf") if isinstance(schema.get(key), list)), [])
        if not isinstance(parts, list) or depth > _DEEPEST:
            return ()
        return tuple(dict.fromkeys(value for part in parts for value in self.choices(part, depth + 1)))

    def _found(self, reference: object) -> object:
        """What `#/components/schemas/X` names."""
        here: object = self._document
        text = str(reference)
        for step in text.removeprefix("#/").split("/") if text.startswith("#/") else [text]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(here, Mapping) and key in here:
                here = here[key]
            elif isinstance(here, list) and key.isdigit() and int(key) < len(here):
                here = here[int(key)]
            else:
                self.dangling.add(text)
                return {}
        return here


def _merged(base: Node, own: Node) -> dict[str, object]:
    """Two schemas that hold together: all properties and requirements of both."""
    merged = {**base, **own}
    properties = {**_mapping(base.get("properties")), **_mapping(own.get("properties"))}
    required = [*_list(base.get("required")), *_list(own.get("required"))]
    merged |= {"properties": properties} if properties else {}
    return merged | ({"required": list(dict.fromkeys(map(str, required)))} if required else {})


def _mapping(value: object) -> Node:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _listed(document: object) -> tuple[str, ...]:
    """The names in a list of models: `{data: [{id}]}`, `{models: [...]}`, or the list alone; empty for anything else."""
    inner = document
    if isinstance(document, Mapping):
        inner = next(
            (document[key] for key in ("data", "models") if isinstance(document.get(key), list)), None
        )
    names = [_name_in(entry) for entry in inner] if isinstance(inner, list) else []
    return tuple(dict.fromkeys(name for name in names if name)) if all(names) else ()


def _name_in(entry: object) -> str | None:
    named = entry if isinstance(entry, str) else None
    if isinstance(entry, Mapping):
        named = next((entry[key] for key in ("id", "model", "name") if isinstance(entry.get(key), str)), None)
    return named if isinstance(named, str) and named else None


def _written(path: Path, on: date, offers: Mapping[str, list[str]], remarks: list[str]) -> Iterator[str]:
    yield f"# What {path.name} says otherwise than the catalog, read on {on}."
    yield f"sources: {{vendor-file: {{text: {json.dumps(path.name)}, checked: {on}}}}}"
    if offers:
        yield "models:"
    for name, cells in offers.items():
        yield from (f"  {json.dumps(name)}:", "    offers:", *(f"      - {cell}" for cell in cells))
    yield from remarks or ([] if offers else ["# Nothing differs."])


def _orders(document: object, schemas: _Schemas) -> Iterator[_Order]:
    """Every schema with a property `model` that lists names, and that of each entry of a list of models; once each."""
    seen, waiting = set[int](), deque([document])
    while waiting:
        tree = waiting.popleft()
        if id(tree) in seen:
            continue
        seen.add(id(tree))
        waiting.extend(_list(tree) or _mapping(tree).values())
        fields = _mapping(tree)
        if {"properties", "allOf"} & fields.keys():
            names = schemas.choices(schemas.fields(tree).get("model"))
            if names:
                yield _Order(schema=schemas.whole(tree), models=tuple(map(str, names)))
        elif name := _name_in(fields):
            taken = (fields[key] for key in ("parameters", "schema") if schemas.fields(fields.get(key)))
            yield from (_Order(schema=schemas.whole(schema), models=(name,)) for schema in taken)


def _sent(template: object, path: Field = ()) -> Iterator[tuple[Field, str | None]]:
    """Every field of a body, and the placeholder that it is."""
    if isinstance(template, Mapping) and not is_condition(template):
        for key, value in template.items():
            yield from _sent(value, (*path, str(key)))
        return
    whole = PLACEHOLDER.fullmatch(template) if isinstance(template, str) else None
    yield path, whole[1] if whole else None


def _at(schema: Node, path: Field, schemas: _Schemas) -> Node | None:
    here: object = schema
    for key in path:
        here = schemas.fields(here).get(key)
    return here if isinstance(here, Mapping) else None


def _new_cells(schema: Node, model: Model, family: Family, schemas: _Schemas) -> list[str]:
    paths = {name: path for path, name in _sent(family.request) if name}
    found = {name: _at(schema, paths[name], schemas) for name in ("duration", "size") if name in paths}
    spelt = {family.size_words.get(o.size, o.size): o.size for o in model.offers}
    seconds = [v for v in schemas.choices(found.get("duration")) if type(v) is int]
    sizes = [spelt.get(str(v), str(v)) for v in schemas.choices(found.get("size"))]
    seconds = seconds or sorted({offer.duration for offer in model.offers})
    sizes = sizes or list(dict.fromkeys(offer.size for offer in model.offers))
    cells = ((s, size) for size in sizes for s in seconds if model.offer(duration=s, size=size) is None)
    return [f"{{duration: {s}, size: {json.dumps(size)}, source: vendor-file}}" for s, size in cells]


def _remarks(schema: Node, model: Model, family: Family, schemas: _Schemas) -> Iterator[str]:
    """What cannot be written as facts: fields, values that are gone, and what else is required."""
    sent = dict(_sent(family.request))
    for place in sorted({path[:depth] for path in sent for depth in range(len(path))}):
        here = schemas.whole(_at(schema, place, schemas))
        theirs = {str(name) for name in schemas.fields(here)}
        ours = {path[len(place)] for path in sent if path[: len(place)] == place}
        required = here.get("required")
        needed = [str(name) for name in required] if isinstance(required, list) else []
        words = {
            "also takes": sorted(theirs - ours) if theirs else [],
            "does not take": sorted(ours - theirs) if here.get("additionalProperties") is False else [],
            "requires": [name for name in needed if name not in ours],
        }
        yield from (
            f"the vendor {verb} {'.'.join([*place, n])}" for verb, names in words.items() for n in names
        )
    sold: dict[str, set[object]] = {
        "duration": {offer.duration for offer in model.offers},
        "size": {family.size_words.get(offer.size, offer.size) for offer in model.offers},
    }
    for path, word in sent.items():
        setting, known = family.settings.get(word or ""), set(schemas.choices(_at(schema, path, schemas)))
        if setting and setting.values and known:
            yield from _other_values(setting, known)
        if known and (gone := sold.get(word or "", set()) - known):
            yield from (f"the vendor does not offer {word} {value}" for value in sorted(map(str, gone)))


def _other_values(setting: Setting, known: set[object]) -> Iterator[str]:
    values: set[object] = {setting.sent(label) for label in setting.labels}
    yield from (f"the vendor offers {setting.name} {value}" for value in sorted(map(str, known - values)))
    yield from (
        f"the vendor does not offer {setting.name} {value}" for value in sorted(map(str, values - known))
    )
