"""The kernel manager of a Jupyter server; apart, because it imports the server."""

from __future__ import annotations

from datetime import UTC, datetime

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import default

from skyhub.kernels._fast import PromptManager


class FastServerKernelManager(PromptManager, ServerKernelManager):
    """A server's kernel manager with prompt clients and shutdowns."""

    @default("last_activity")
    def _made_now(self) -> datetime:
        """Without it the server cannot list its kernels while one of them starts."""
        return datetime.now(UTC)
