"""What a command loads when it starts. How long that takes is measured by `make bench-start`.

The vendor's client loads `certifi` when it prepares TLS, which a plan does not need.
"""

import json
import subprocess
import sys

import pytest

NEVER = {
    "av",
    "boto3",
    "botocore",
    "cv2",
    "fastapi",
    "numpy",
    "pandas",
    "prefect",
    "pyarrow",
    "scipy",
    "starlette",
}
WITHOUT_A_VENDOR = NEVER | {"PIL", "asyncio", "httpx", "jinja2", "rich", "urllib.request"}
MAY_NOT_LOAD = {
    "--help": WITHOUT_A_VENDOR | {"pathlib", "pydantic", "yaml"},
    "--version": WITHOUT_A_VENDOR | {"pydantic", "yaml"},
    "validate": WITHOUT_A_VENDOR | {"pydantic_settings"},
    "plan": NEVER
    | {
        "certifi",
        "hailuo.media",
        "hailuo.run.collect",
        "hailuo.run.runner",
        "httpx",
        "jinja2",
        "multiprocessing",
        "pygments",
        "rich.progress",
        "urllib.request",
        "uvicorn",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("command", MAY_NOT_LOAD)
def test_a_command_loads_only_what_it_needs(command, campaign, tmp_path):
    """A new process runs the command, and says which of the listed modules it has loaded."""
    arguments = [command] if command.startswith("--") else [command, str(campaign)]
    code = (
        "import json, sys; from hailuo.cli.main import main\n"
        "try: main()\n"
        "finally: print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )

    said = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    loaded = set(json.loads(said.stderr.splitlines()[-1]))
    assert "hailuo.cli.main" in loaded
    assert sorted(loaded & MAY_NOT_LOAD[command]) == []


@pytest.mark.parametrize(("yours", "expected"), [(None, "1"), ("4", "4")], ids=["alone", "set by you"])
def test_a_command_calculates_with_one_thread(
    yours: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless you set another number: matrices are small, and threads would wait for each other."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if yours:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", yours)
    code = (
        "import os; from hailuo.cli.main import main\n"
        "try: main()\n"
        "finally: print(os.environ['OPENBLAS_NUM_THREADS'])"
    )

    said = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True
    )

    assert said.stdout.splitlines()[-1] == expected
