"""The kernel manager of a Jupyter server; apart, because it imports the server."""

from __future__ import annotations

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

from skyhub.kernels._fast import PromptManager


class FastServerKernelManager(PromptManager, ServerKernelManager):
    """A server's kernel manager with prompt clients and shutdowns."""
