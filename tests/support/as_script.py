"""Imported first by the process that commands are forked from: its main module has a file, as a command's has.

DuckDB draws progress bars on the output of processes whose main module has none when it is imported.
"""

import sys
from pathlib import Path

sys.modules["__main__"].__file__ = str(Path(sys.executable).parent / "skyhub")
