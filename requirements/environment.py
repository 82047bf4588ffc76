"""Write environment.yml for conda users with the pins of lock.txt: ``python requirements/environment.py``."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_HEAD = """# For conda users: Python, node and the hub's proxy from conda-forge, everything else at the pins of
# requirements/lock.txt. Written by requirements/environment.py; a test keeps the two in step.
# The files of SALT's models come without JAX by: pip install --no-deps jax-bandflux
name: skyhub
channels:
  - conda-forge
dependencies:
  - python=3.11
  - nodejs>=20
  - configurable-http-proxy=5
  - pip
  - pip:
"""


def pins(lock: str) -> list[str]:
    """The ``name==version`` of every package in a lock."""
    return re.findall(r"^([A-Za-z0-9_.\-\[\]]+==[^\s;\\]+)", lock, flags=re.MULTILINE)


_WITHOUT_WHAT_IT_NEEDS = "jax-bandflux"
"""Whose files are used, and not its code, which would bring JAX along: the lock is installed as it is, conda's pip is not."""


def environment(lock: str) -> str:
    """The text of environment.yml for a lock."""
    own = ["-e ./platform", "-e ./widgets"]
    listed = [pin for pin in pins(lock) if not pin.startswith(_WITHOUT_WHAT_IT_NEEDS)]
    return _HEAD + "".join(f"      - {pin}\n" for pin in [*listed, *own])


if __name__ == "__main__":
    (_HERE.parent / "environment.yml").write_text(environment((_HERE / "lock.txt").read_text()))
