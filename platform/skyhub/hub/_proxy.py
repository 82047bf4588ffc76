"""The hub's proxy, which says when it leads to the services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyterhub.proxy import ConfigurableHTTPProxy
from traitlets import Unicode

__all__ = ["MarkingProxy"]


class MarkingProxy(ConfigurableHTTPProxy):  # type: ignore[misc]  # JupyterHub has no types
    """Leaves a mark when its routes stand; who asks it earlier gets a 404, which it logs as an error."""

    mark = Unicode(help="The file that is made when the proxy leads to the hub and to all its services.", config=True)

    async def check_routes(self, *given: Any, **named: Any) -> None:
        """Add the routes that are missing, then leave the mark."""
        await super().check_routes(*given, **named)
        Path(self.mark).touch()
