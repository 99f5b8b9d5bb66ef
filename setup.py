"""Puts the example campaigns into the wheel, as hailuo/examples. Everything else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithExamples(build_py):
    """Copies campaigns/ beside the code. An editable install reads campaigns/ itself."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.copytree("campaigns", Path(self.build_lib, "hailuo", "examples"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithExamples})
