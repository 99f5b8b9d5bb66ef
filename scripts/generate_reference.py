"""Write the generated parts of docs/ and the schemas in docs/reference/ from the code; --check only compares (for CI).

A page holds a generated part between `<!-- NAME: written by scripts/generate_reference.py -->` and `<!-- /NAME -->`.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import click
from pydantic import TypeAdapter

from hailuo.campaign.body_template import placeholders
from hailuo.campaign.catalog import FirstFrameRule
from hailuo.campaign.files import campaign_schema, load_catalog
from hailuo.campaign.files.catalog_schema import CatalogFile
from hailuo.campaign.model_card import ModelCard, model_cards, seconds_in_words
from hailuo.campaign.variant import FirstFrame, Variant
from hailuo.cli.main import cli
from hailuo.media.verdict import Code
from hailuo.publish.manifest import COLUMN_TABLE, Column, judgement_schema
from hailuo.publish.uploads import platforms
from hailuo.report.exports import formats_that_ship
from hailuo.settings import Settings, variable_of
from hailuo.vendor import build_request

DOCS: Final = Path(__file__).parents[1] / "docs"
MODELS: Final = DOCS / "reference" / "models.schema.json"
JUDGEMENTS: Final = DOCS / "reference" / "judgements.schema.json"
_WRITTEN: Final = "written by scripts/generate_reference.py"
PART: Final = re.compile(rf"(<!-- ([\w-]+): {re.escape(_WRITTEN)} -->\n).*?(<!-- /\2 -->)", re.DOTALL)

Schema = Mapping[str, Any]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Lines of Markdown; a bar within a cell is escaped."""
    cells = list(head)
    yield f"| {' | '.join(cells)} |"
    yield f"| {' | '.join('---' for _ in cells)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def columns() -> Iterator[str]:
    """The data dictionary of the manifest."""
    rows = (
        (f"`{column.name}`", column.kind, column.unit, "never" if column.required else "", _about(column))
        for column in COLUMN_TABLE
    )
    yield from table(("column", "kind", "unit", "null?", "what it is"), rows)


def disclosure() -> Iterator[str]:
    """What each platform asks advertisers to declare."""
    rows = []
    for platform in platforms().values():
        field = platform.disclosure
        cells = (f"`{field.field}`", f"`{field.value}`", field.source) if field else ("none known", "", "")
        rows.append((platform.title, *cells, str(platform.checked)))
    yield from table(("platform", "field", "value", "source", "checked"), rows)


def export_headers() -> Iterator[str]:
    """The headers of exports that are known, by platform and language, each with where it is known from."""
    formats = formats_that_ship()
    platforms = {one.value: form.headers for one, form in formats.platforms().items()}
    rows = (
        (
            name,
            group.language,
            f"`{field}`",
            ", ".join(f"`{header}`" for header in headers),
            f"{group.source} ({group.kind})",
        )
        for name, groups in {**platforms, "connectors": formats.connectors}.items()
        for group in groups
        for field, headers in group.columns.items()
    )
    yield from table(("platform", "language", "field", "headers", "evidence"), rows)


def settings() -> Iterator[str]:
    """Every variable, its default and its values."""
    fields = Settings.model_json_schema(by_alias=False)["properties"]
    rows = (
        (
            f"`{variable_of(name)}`",
            f"`{field.default}`" if field.default is not None else "none",
            _values(fields[name], {}),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    )
    yield from table(("environment variable", "default", "values", "meaning"), rows)


def command_list() -> Iterator[str]:
    """Every command and its first sentence."""
    with _group() as context:
        rows = [
            (f"[`hailuo {name}`](#hailuo-{name})", command.get_short_help_str(limit=200))
            for name, command in _commands(context)
        ]
    yield from table(("command", "what it does"), rows)


def commands() -> Iterator[str]:
    """Every command with its usage, help, arguments and options."""
    with _group() as context:
        for name, command in _commands(context):
            own = command.make_context(name, [], parent=context, resilient_parsing=True)
            yield from _command(own, command)


def models() -> Iterator[str]:
    """Every model of the built-in catalog: what can be asked of it, and the price of a comparable clip."""
    rows = (
        (
            f"`{card.model}`",
            f"{seconds_in_words(card.durations)} s",
            ", ".join(card.sizes),
            ", ".join(card.shapes) or "unknown",
            card.audio,
            card.first_frame,
            "unknown" if (price := card.comparable.price_usd) is None else f"${price:.2f}",
            f"{card.comparable.duration} s, {card.comparable.size}",
            card.trust,
            f"{card.source} ({card.checked})",
        )
        for card in model_cards(load_catalog())
    )
    head = (
        "model",
        "lengths",
        "sizes",
        "shapes",
        "sound",
        "first frame",
        "list price",
        "of",
        "trust",
        "source (checked)",
    )
    yield from table(head, rows)


def prices() -> Iterator[str]:
    """Every list price of the built-in catalog, without sound where that can be chosen."""
    rows = (
        (f"`{card.model}`", size, ", ".join(f"{c.duration} s ${c.price_usd:.2f}" for c in known))
        for card in model_cards(load_catalog())
        for size in card.sizes
        if (known := [c for c in card.cells if c.size == size and c.price_usd is not None])
    )
    yield from table(("model", "size", "list price by length"), rows)


def orders(card: ModelCard) -> Iterator[tuple[str, dict[str, object]]]:
    """The bodies that order a tall clip of about 6 s without sound: from the prompt alone, and from a first frame."""
    catalog = load_catalog()
    model = catalog.models[card.model]
    family = catalog.family_of(model)
    cell = card.comparable
    needed = {setting.name: setting.values[0] for setting in card.settings if setting.required}
    if family.audio.setting in needed:
        needed[family.audio.setting] = "false"
    tall = {card.shape_setting: "9:16"} if card.shape_setting and "9:16" in card.shapes else {}
    frame = FirstFrame(label="tall", sha256="0" * 64, url="https://cdn.example.com/tall.png")
    for words, first_frame in (("From the prompt", None), ("From a first frame", frame)):
        if model.first_frame is (FirstFrameRule.NONE if first_frame else FirstFrameRule.REQUIRED):
            continue
        given = needed | (tall if first_frame is None or not card.shape_from_frame else {})
        settled = family.settle(
            given, duration=cell.duration, size=cell.size, has_frame=first_frame is not None
        )
        variant = Variant(
            model=model.name,
            prompt="Sneaker on wet asphalt",
            duration=cell.duration,
            size=cell.size,
            first_frame=first_frame,
            parameters=settled.labels,
        )
        yield words, build_request(variant, family, first_frame_url=first_frame.url if first_frame else None)


def request_fields() -> Iterator[str]:
    """Which field of each family orders what."""
    catalog = load_catalog()
    rows = []
    for family in catalog.families.values():
        card = next(card for card in model_cards(catalog) if card.family == family.name)
        asked = {
            "length": "duration",
            "size": "size",
            "shape": card.shape_setting or "",
            "sound": family.audio.setting or "",
            "first frame": "first_frame",
        }
        fields = dict(_fields_sent(family.request))
        rows.append(
            (family.name, *(f"`{fields[name]}`" if name in fields else "" for name in asked.values()))
        )
    yield from table(("family", "length", "size", "shape", "sound", "first frame"), rows)


def _fields_sent(template: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The path in the body of every value that a template sends, by its name."""
    if isinstance(template, Mapping):
        for key, value in template.items():
            yield from _fields_sent(value, f"{path}.{key}".removeprefix("."))
    elif isinstance(template, list | tuple):
        for value in template:
            yield from _fields_sent(value, f"{path}[]")
    elif isinstance(template, str):
        yield from ((name, path) for name in placeholders(template))


def requests() -> Iterator[str]:
    """The bodies of every model, for one clip."""
    for card in model_cards(load_catalog()):
        yield f"### `{card.model}`"
        yield ""
        for words, body in orders(card):
            yield from (f"{words}:", "", "```json", json.dumps(body, indent=2), "```", "")


def model_warnings() -> Iterator[str]:
    """What the plan warns about, by model."""
    for model in load_catalog().models.values():
        warnings = [model.first_frame_warning, *(offer.warning for offer in model.offers)]
        for warning in dict.fromkeys(filter(None, warnings)):
            yield f"- `{model.name}`: {warning}."


def camera_commands() -> Iterator[str]:
    """The commands that each family knows, in square brackets."""
    for family in load_catalog().families.values():
        english = [name for name in family.camera_commands if name.isascii()]
        if english:
            yield from (f"- `[{name}]`" for name in english)


def campaign_keys() -> Iterator[str]:
    """Every key of a campaign file, section by section."""
    schema: dict[str, Any] = campaign_schema()
    for section in ("Models", "Fallbacks"):
        del schema["$defs"][section]["properties"]  # of each built-in model: docs/reference/models.md
    yield from _sections(schema, "The file")


def catalog_keys() -> Iterator[str]:
    """Every key of a catalog file, section by section."""
    yield from _sections(CatalogFile.model_json_schema(), "The file")


def check_codes() -> Iterator[str]:
    """Every code that a check can give."""
    yield from table(
        ("code", "verdict", "means"), ((f"`{code.value}`", code.verdict.value, code.words) for code in Code)
    )


PARTS: Final[Mapping[str, Callable[[], Iterable[str]]]] = {
    "camera-commands": camera_commands,
    "campaign-keys": campaign_keys,
    "catalog-keys": catalog_keys,
    "check-codes": check_codes,
    "columns": columns,
    "command-list": command_list,
    "commands": commands,
    "disclosure": disclosure,
    "export-headers": export_headers,
    "model-warnings": model_warnings,
    "models": models,
    "prices": prices,
    "request-fields": request_fields,
    "requests": requests,
    "settings": settings,
}


def rendered(page: str) -> str:
    """The page with its generated parts anew."""
    return PART.sub(lambda part: f"{part[1]}{chr(10).join(PARTS[part[2]]())}\n{part[3]}", page)


def models_schema() -> dict[str, object]:
    """JSON Schema 2020-12 of what `hailuo models --json` prints."""
    cards = TypeAdapter(dict[Literal["models"], list[ModelCard]]).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **cards}


def main(arguments: list[str]) -> int:
    wanted = {path: rendered(path.read_text(encoding="utf-8")) for path in sorted(DOCS.rglob("*.md"))}
    wanted[MODELS] = json.dumps(models_schema(), indent=2, ensure_ascii=False) + "\n"
    wanted[JUDGEMENTS] = json.dumps(judgement_schema(), indent=2, ensure_ascii=False) + "\n"
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(DOCS.parent)} is stale; run: python scripts/generate_reference.py")
        else:
            path.write_text(wanted[path], encoding="utf-8")
            print(f"wrote {path.relative_to(DOCS.parent)}")
    return 1 if stale and "--check" in arguments else 0


def _about(column: Column) -> str:
    words = ": " + ", ".join(f"`{word}`" for word in column.words) if column.words else ""
    bounds = " ({} to {})".format(*column.bounds) if column.bounds else ""
    return f"{column.about}{words}{bounds}"


def _group() -> click.Context:
    return cli.make_context("hailuo", [], resilient_parsing=True)


def _commands(context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command and not command.hidden:
            yield name, command


def _command(context: click.Context, command: click.Command) -> Iterator[str]:
    yield f"## {context.command_path}"
    yield ""
    yield from ("```", " ".join([context.command_path, *command.collect_usage_pieces(context)]), "```", "")
    yield from (" ".join(line.split()) for line in (command.help or "").replace("\b", "").strip().split("\n"))
    yield ""
    options = (one for one in command.get_params(context) if isinstance(one, click.Option))
    records = (one.get_help_record(context) for one in options if "--help" not in one.opts)
    rows = [(f"`{record[0]}`", " ".join(record[1].split())) for record in records if record]
    if rows:
        yield from table(("option", "what it does"), rows)
        yield ""


def _sections(schema: Schema, title: str) -> Iterator[str]:
    """The keys of an object, then those of each object that it holds, named by the key that leads there."""
    definitions = schema.get("$defs", {})
    queue: list[tuple[str, Schema]] = [(title, schema)]
    seen: set[str] = set()
    for heading, section in queue:
        yield f"### {heading}"
        yield ""
        yield from (section["description"], "")
        yield from table(("key", "values", "default", "what it is"), _key_rows(section, definitions))
        yield ""
        for key, value in section.get("properties", {}).items():
            named = f"`{key}`" if section is schema else f"`{key}` as a mapping"
            new = [name for name in dict.fromkeys(_references(value)) if name not in seen]
            seen.update(new)
            queue += [(named, definitions[name]) for name in new]


def _key_rows(section: Schema, definitions: Schema) -> Iterator[tuple[str, str, str, str]]:
    required = section.get("required", ())
    for key, value in section.get("properties", {}).items():
        about = value.get("description", "")
        yield f"`{key}`", _values(value, definitions), _default(key, value, required), about
    extra = section.get("additionalProperties")
    if isinstance(extra, Mapping):
        plain = "any other name" if section.get("properties") else "any axis"
        name = section.get("propertyNames", {}).get("title", plain)
        yield name, _values(extra, definitions), "", "An axis of your own." if "other" in name else ""


def _references(value: Schema) -> Iterator[str]:
    """The names of the objects that a value may be or hold."""
    if "$ref" in value:
        yield value["$ref"].rpartition("/")[2]
    inner = (value.get("items"), value.get("additionalProperties"))
    for part in (*value.get("anyOf", ()), *value.get("oneOf", ()), *inner):
        if isinstance(part, Mapping):
            yield from _references(part)


def _default(key: str, value: Schema, required: Iterable[str]) -> str:
    if key in required:
        return "required"
    default = value.get("default")
    return "" if default in (None, [], {}) else _code(default)


def _values(value: Schema, definitions: Schema) -> str:
    """The type and limits of a value, in words."""
    if words := value.get("enum") or [value[key] for key in ("const",) if key in value]:
        return ", ".join(map(_code, words))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        keys = ", ".join(f"`{key}`" for key in definitions[name].get("properties", {}))
        return f"a mapping: {keys}" if keys else "a mapping"
    if options := value.get("anyOf") or value.get("oneOf"):
        words = [_values(one, definitions) for one in options if one.get("type") != "null"]
        if words[0].startswith("number"):  # money, which may also be quoted
            words = words[:1]
        return ", or ".join(dict.fromkeys(words))
    kinds = [value["type"]] if isinstance(value["type"], str) else value["type"]
    extra = value.get("additionalProperties")
    if "array" in kinds:
        return f"a list of: {_values(value['items'], definitions)}"
    if "object" in kinds:
        return f"a mapping of: {_values(extra, definitions)}" if isinstance(extra, Mapping) else "a mapping"
    names = {"string": "text", "number": "number", "integer": "whole number", "boolean": "`true`, `false`"}
    kind = (
        "date" if value.get("format") == "date" else " or ".join(names[one] for one in kinds if one in names)
    )
    return kind + _limits(value)


def _code(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`"


def _limits(value: Schema) -> str:
    least, most = value.get("minimum", value.get("exclusiveMinimum")), value.get("maximum")
    if least is None:
        return ""
    if "exclusiveMinimum" in value:
        return f", above {least:g}" + (f", at most {most:,.9g}" if most is not None else "")
    return f", {least:g} to {most:,.9g}" if most is not None else f", {least:g} or more"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
