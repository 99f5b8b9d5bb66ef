"""Files are data; see SECURITY.md. Campaign files: tests/bad_campaigns. Here the other file that a user brings."""

import os
from pathlib import Path

import pytest

from hailuo.campaign.files import load_catalog
from hailuo.errors import CatalogError

BOMB = "a: &a [1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("models: !!python/object/apply:os.mkdir [{folder}/owned]\n", "tag"),
        ("models: !!python/name:os.system\n", "tag"),
        ("sources: {{x: {{text: !!binary aGk=, checked: 2026-11-22}}}}\n", "tag"),
        (BOMB, "unfolds"),
        ("models: " + "[" * 5000 + "]" * 5000, "deep"),
        ("base: &b {{}}\nmodels: {{<<: *b}}\n", "merge keys"),
        ("models: {{}}\n---\nmodels: {{}}\n", "second document"),
    ],
    ids=["object", "name", "binary", "bomb", "deep", "merge", "documents"],
)
def test_a_catalog_makes_no_objects_and_unfolds_to_no_bomb(text, reason, tmp_path):
    """No tags, no arbitrary objects, no alias bombs: a catalog is read as a campaign file is."""
    file = tmp_path / "catalog.yaml"
    file.write_text(text.replace("{folder}", str(tmp_path)).replace("{{", "{").replace("}}", "}"))

    with pytest.raises(CatalogError, match=reason):
        load_catalog(file)

    assert [path.name for path in tmp_path.iterdir()] == ["catalog.yaml"]


def test_a_catalog_that_is_no_file_is_not_read(tmp_path):
    """A pipe would hang, a device would never end."""
    os.mkfifo(tmp_path / "pipe.yaml")

    for path in (Path(os.devnull), tmp_path, tmp_path / "pipe.yaml"):
        with pytest.raises(CatalogError, match="this is not a file"):
            load_catalog(path)
