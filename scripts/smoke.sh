#!/bin/sh
# Build the wheel, unpack it away from the checkout, and use what it brings: the catalog, the gallery's
# files, the flows. What is missing from the wheel fails here, not at a user's.
set -eu
bin=$1
top=$(pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder" "$top/build"' EXIT
rm -rf build  # what an earlier build left behind would get into the wheel
"$bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$folder" .
cd "$folder"
"$bin/python" -m zipfile -e ./*.whl here
PYTHONPATH=here "$bin/python" -P -W error - <<'PYTHON'
from datetime import UTC, datetime
from pathlib import Path

import hailuo
from hailuo.publish import gallery, manifest
from hailuo.cli.main import run
from hailuo.campaign.files import load_catalog

assert "here" in hailuo.__file__, hailuo.__file__
assert load_catalog().models
assert gallery.render(manifest.build([], store_uri="store"), title="smoke", built_at=datetime.now(UTC))
assert Path("here/flows/render_campaign.py").is_file()
assert run(["--help"]) == 0
PYTHON
# Every file that the code reads beside itself (templates, styles, scripts, tables) is in the wheel.
(cd "$top" && find hailuo flows -type f ! -name '*.py' ! -path '*/__pycache__/*') | while read -r file; do
    test -f "here/$file" || { echo "$file is not in the wheel: add it to package-data in pyproject.toml" >&2; exit 1; }
done
# Every deployment's flow is found in the wheel, by the name under which prefect.yaml knows it.
for entrypoint in $(sed -n 's/^ *entrypoint: *//p' "$top/prefect.yaml"); do
    PYTHONPATH=here "$bin/python" -P - "$entrypoint" <<'PYTHON'
import sys

import flows
from prefect.flows import load_flow_from_entrypoint

assert "here" in flows.__file__, flows.__file__
assert load_flow_from_entrypoint(sys.argv[1]).parameters.properties
PYTHON
done
echo 'the wheel works by itself'
