"""Ports of kernels, chosen before a kernel takes them: none that a connection may be given in between."""

from __future__ import annotations

from jupyter_client.connect import LocalPortCache

from skyhub.ports import free_port

__all__ = ["KernelPorts", "keep_kernel_ports_clear"]

_HERE = ("", "127.0.0.1", "localhost")


class KernelPorts(LocalPortCache):
    """Where kernels of this machine get their ports from."""

    def find_available_port(self, ip: str) -> int:
        """A port that is free, and not one of those given out."""
        if ip not in _HERE:
            return int(super().find_available_port(ip))
        while (port := free_port()) in self.currently_used_ports:
            pass
        self.currently_used_ports.add(port)
        return port


def keep_kernel_ports_clear() -> None:
    """From now on kernels that this process starts, of any kind, get their ports from `KernelPorts`."""
    if KernelPorts.initialized():
        return
    given_out: set[int] = set()
    if LocalPortCache.initialized():
        given_out = LocalPortCache.instance().currently_used_ports
        LocalPortCache.clear_instance()
    KernelPorts.instance().currently_used_ports |= given_out
