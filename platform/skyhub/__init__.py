"""skyhub: a notebook-centred platform for time-domain and multi-messenger astronomy."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
