"""Kernels that are forked from a pre-imported process, the zygote.

`ZygoteProvisioner` is what the kernelspec ``skyhub`` names; the client and manager classes take the fixed waits
out of the start of a kernel; the rest is for those who run the platform.
"""

from __future__ import annotations

from skyhub.kernels._bounded import OutputBound, bounded_client
from skyhub.kernels._client import ZygoteUnavailable, restart_zygote, start_zygote, stop_zygote, zygote_status
from skyhub.kernels._fast import (
    FastBlockingKernelClient,
    FastBlockingKernelManager,
    FastKernelClient,
    FastKernelManager,
    papermill_options,
)
from skyhub.kernels._paths import default_socket_path
from skyhub.kernels._ports import keep_kernel_ports_clear
from skyhub.kernels._provisioner import ZygoteProvisioner
from skyhub.kernels._spec import KERNEL_NAME, install_kernelspec, kernelspec
from skyhub.kernels._start import zygote_command

__all__ = [
    "KERNEL_NAME",
    "FastBlockingKernelClient",
    "FastBlockingKernelManager",
    "FastKernelClient",
    "FastKernelManager",
    "OutputBound",
    "ZygoteProvisioner",
    "ZygoteUnavailable",
    "bounded_client",
    "default_socket_path",
    "install_kernelspec",
    "keep_kernel_ports_clear",
    "kernelspec",
    "papermill_options",
    "restart_zygote",
    "start_zygote",
    "stop_zygote",
    "zygote_command",
    "zygote_status",
]
