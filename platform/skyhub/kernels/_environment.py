"""The environment of the zygote: what a kernel of any user may see in ``/proc/PID/environ``.

A forked process shows the environment that its zygote was started with for its whole life. So the zygote
runs with a short list of permitted variables, none of which carries a secret; each kernel gets its own
`os.environ` after the fork.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

_PERMITTED: Final = frozenset(
    {
        *("HOME", "LOGNAME", "PATH", "SHELL", "TEMP", "TMP", "TMPDIR", "TZ", "USER"),
        *("LANG", "LANGUAGE", "LD_LIBRARY_PATH", "MPLCONFIGDIR", "SSL_CERT_FILE"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "CONDA_PREFIX", "VIRTUAL_ENV"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONUTF8"),
        *("SKYHUB_ZYGOTE_MODULES", "SKYHUB_ZYGOTE_SOCKET"),
    }
)

INLINE_BACKEND: Final = "module://matplotlib_inline.backend_inline"

_IMPOSED: Final = {
    "MPLBACKEND": INLINE_BACKEND,
    # The jemalloc of Arrow and of polars would each start a thread at import.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "_RJEM_MALLOC_CONF": "background_thread:false",
}

PYTHON_OPTIONS: Final = ("-P", "-Xfrozen_modules=off")


def zygote_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The permitted part of `environ`, with what the zygote itself needs."""
    kept = {k: v for k, v in environ.items() if k in _PERMITTED or k.startswith("LC_")}
    return kept | _IMPOSED


def ensure_clean_process(arguments: list[str]) -> None:
    """Replace this process by one with the zygote's environment and options, unless it has them."""
    wanted = zygote_environment(os.environ)
    if dict(os.environ) != wanted or not sys.flags.safe_path:
        replace_process(arguments, wanted)


def replace_process(arguments: list[str], environ: Mapping[str, str]) -> None:
    """Run ``python -m skyhub.kernels.zygote`` anew under the same process id."""
    command = [sys.executable, *PYTHON_OPTIONS, "-m", "skyhub.kernels.zygote", *arguments]
    sys.stderr.flush()
    os.execve(sys.executable, command, dict(environ))
