"""skyhub: a notebook-centred platform for time-domain and multi-messenger astronomy.

>>> import skyhub
>>> sky = skyhub.connect()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyhub.client import Sky, connect

__all__ = ["Sky", "__version__", "connect"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in {"Sky", "connect", "load_ipython_extension"}:
        from skyhub import client

        return getattr(client, name)
    raise AttributeError(f"module 'skyhub' has no attribute {name!r}")
