#!/bin/sh
# Build the wheel, install it into a new virtual environment, and use it in an empty folder, as a user would.
# What is missing from the wheel fails here, not at a user's. The dependencies are those of the given environment.
set -eu
bin=$1
top=$(pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder" "$top/build"' EXIT
rm -rf build  # what an earlier build left behind would get into the wheel
"$bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$folder" .
"$bin/python" -m venv --without-pip "$folder/venv"
"$bin/python" -m pip --python "$folder/venv/bin/python" install \
    --quiet --disable-pip-version-check --no-deps --no-index "$folder"/*.whl
site=$(echo "$folder"/venv/lib/python3*/site-packages)
new="$folder/venv/bin"
mkdir "$folder/empty"
cd "$folder/empty"

# The wheel takes one name, and brings every file that the code reads beside itself, and every example.
test "$(ls -d "$site"/*/ | grep -v -e dist-info -e __pycache__)" = "$site/hailuo/" \
    || { echo "the wheel installs more than the package hailuo: $(ls "$site")" >&2; exit 1; }
(cd "$top" && find hailuo -type f ! -name '*.py' ! -path '*/__pycache__/*') | while read -r file; do
    test -f "$site/$file" || { echo "$file is not in the wheel: add it to package-data in pyproject.toml" >&2; exit 1; }
done
(cd "$top" && git ls-files campaigns) | while read -r file; do
    cmp "$top/$file" "$site/hailuo/examples/${file#campaigns/}"
done

# With the base packages alone: the demo, and a refusal that names the extra.
"$bin/python" "$top/scripts/link_packages.py" "$site"
"$new/python" -m hailuo --version
"$new/hailuo" --help >/dev/null
"$new/hailuo" demo --speed 600 >demo.txt || { cat demo.txt; exit 1; }
grep '30 of 30 jobs are stored' demo.txt
test -f demo-store/demo/main/gallery.html
"$new/hailuo" validate campaigns/demo.yaml 2>/dev/null
for refused in "HAILUO_STORE=s3://bucket/x status" "HAILUO_CHECKS=on plan" "HAILUO_CHECKS= check" \
    "HAILUO_CHECKS= report" "PREFECT_API_URL=http://127.0.0.1:9/api run"; do
    code=0
    env "${refused% *}" "$new/hailuo" "${refused##* }" campaigns/demo.yaml 2>refused.txt || code=$?
    test "$code" = 2 && grep "pip install 'hailuo-campaigns\[" refused.txt || { cat refused.txt; exit 1; }
done

# With everything: the flows too.
"$bin/python" "$top/scripts/link_packages.py" "$site" all
"$new/python" -P -W error - <<'PYTHON'
from datetime import UTC, datetime

import hailuo
from hailuo.publish import gallery, manifest
from hailuo.campaign.files import load_catalog

assert "/venv/lib/" in hailuo.__file__, hailuo.__file__
assert load_catalog().models
assert gallery.render(manifest.build([], store_uri="store"), title="smoke", built_at=datetime.now(UTC))
PYTHON
# Every deployment's flow is found in the wheel by the name that docs/how-to/operations.md gives.
"$new/python" -P - $(sed -n 's/^ *entrypoint: *flows/hailuo.flows/p' "$top/prefect.yaml") <<'PYTHON'
import sys

from prefect.flows import load_flow_from_entrypoint

assert sys.argv[1:]
for entrypoint in sys.argv[1:]:
    assert load_flow_from_entrypoint(entrypoint).parameters.properties, entrypoint
PYTHON

echo 'the wheel works by itself'
