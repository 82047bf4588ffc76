"""The kernel provisioner that asks the zygote, and starts a plain kernel where that is not to be had."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from jupyter_client.connect import KernelConnectionInfo, LocalPortCache, port_names
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Float, Unicode

from skyhub.errors import InvalidInput
from skyhub.kernels._client import REPLY_TIMEOUT_S, START_TIMEOUT_S, ZygoteSettings, ZygoteUnavailable
from skyhub.kernels._forked import ForkedKernel, KernelNotStarted, fork_kernel
from skyhub.kernels._paths import default_socket_path
from skyhub.kernels._ports import keep_kernel_ports_clear
from skyhub.kernels._protocol import Message

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager

AUTOSTART_VARIABLE = "SKYHUB_ZYGOTE_AUTOSTART"
_LAUNCHER = ["-m", "ipykernel_launcher"]
_UNDERSTOOD = {"env", "cwd", "stdin", "stdout", "stderr", "kernel_id", "independent"}
_POLL_S = 0.002

Stream = int | IO[Any] | None


class ZygoteProvisioner(LocalProvisioner):
    """Starts kernels by a fork of a pre-imported process (kernelspec ``skyhub``)."""

    socket_path = Unicode(
        "",
        config=True,
        help="Socket of the zygote. Empty: SKYHUB_ZYGOTE_SOCKET, else one per user and environment.",
    )
    autostart = Bool(
        config=True,
        help="Start a zygote if none runs. Switch this off (or set SKYHUB_ZYGOTE_AUTOSTART=0) where a supervisor "
        "such as the hub runs it.",
    )
    start_timeout = Float(START_TIMEOUT_S, config=True, help="Seconds that a starting zygote is waited for.")
    reply_timeout = Float(REPLY_TIMEOUT_S, config=True, help="Seconds that a running zygote may take to answer.")

    _launching: asyncio.Future[None] | None = None
    _ports_published = False

    def _autostart_default(self) -> bool:
        return os.environ.get(AUTOSTART_VARIABLE, "1").lower() not in ("0", "no", "false", "off")

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the start of a kernel, its ports among them."""
        keep_kernel_ports_clear()
        prepared: dict[str, Any] = await super().pre_launch(**kwargs)
        return prepared

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel; start the same command as a process of its own if that cannot be done."""
        self._launching = asyncio.get_running_loop().create_future()
        try:
            return await self._launch(cmd, kwargs)
        finally:
            self._launching.set_result(None)
            self._launching = None

    async def _launch(self, cmd: list[str], kwargs: dict[str, Any]) -> KernelConnectionInfo:
        try:
            request = _request(cmd, kwargs)
            kernel = await self._fork(request, kwargs)
        except (ZygoteUnavailable, InvalidInput) as error:
            self.log.warning("Starting a plain kernel, without the zygote: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        finally:
            self._ports_published = True
        self.process = cast("subprocess.Popen[bytes]", kernel)
        self.pid = kernel.pid
        # No group number: signals go through the process descriptor.
        self.pgid = None
        self.cwd = request["cwd"]
        return self.connection_info

    async def _fork(self, request: Message, kwargs: dict[str, Any]) -> ForkedKernel:
        """Fork a kernel; one that ends at once, as where its ports were taken meanwhile, is tried again with others."""
        out, err = _descriptor(kwargs.get("stdout"), 1), _descriptor(kwargs.get("stderr"), 2)
        loop = asyncio.get_running_loop()
        fork = partial(loop.run_in_executor, None, fork_kernel, self._settings(), request, out, err)
        try:
            return await fork()
        except KernelNotStarted as error:
            if self._ports_published or not self.ports_cached:
                raise
            self.log.warning("Trying other ports: %s", error)
            self._choose_other_ports(request["env"])
            return await fork()

    def _choose_other_ports(self, env: dict[str, str]) -> None:
        manager, cache = cast("KernelManager", self.parent), LocalPortCache.instance()
        for name in port_names:
            taken = getattr(manager, name)
            setattr(manager, name, cache.find_available_port(manager.ip))
            cache.return_port(taken)
        manager.cleanup_connection_file()
        manager.write_connection_file(jupyter_session=env.get("JPY_SESSION_NAME", ""))
        self.connection_info = manager.get_connection_info()

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel to look after; one that is being forked counts."""
        return self._launching is not None or super().has_process

    async def poll(self) -> int | None:
        """`None` while the kernel runs or is being forked, else its exit code."""
        return None if self._launching is not None else await super().poll()

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel and its session; one that is being forked is waited for."""
        if self._launching is not None:
            await self._launching
        await super().send_signal(signum)

    async def wait(self) -> int | None:
        """Wait for the end of the kernel."""
        while await self.poll() is None:
            await asyncio.sleep(_POLL_S)
        return await super().wait()

    async def cleanup(self, restart: bool = False) -> None:
        """Let go of the kernel; one that is still alive ends now."""
        kernel: object = self.process
        if isinstance(kernel, ForkedKernel):
            kernel.close()
            self.process = None
        await super().cleanup(restart=restart)

    def _settings(self) -> ZygoteSettings:
        path = Path(self.socket_path).absolute() if self.socket_path else default_socket_path()
        return ZygoteSettings(path, self.autostart, self.start_timeout, self.reply_timeout)


def _request(cmd: list[str], kwargs: dict[str, Any]) -> Message:
    """What the zygote is to do for this command, refused if a fork would not do the same."""
    unknown = {key for key in set(kwargs) - _UNDERSTOOD if kwargs[key]}
    if unknown or kwargs.get("independent"):
        raise ZygoteUnavailable(f"A forked kernel cannot have the launch options {sorted(unknown) or 'independent'}.")
    return {"argv": _launcher_arguments(cmd), "env": dict(kwargs["env"]), "cwd": _directory(kwargs.get("cwd"))}


def _launcher_arguments(cmd: list[str]) -> list[str]:
    options = [word for word in cmd[1:] if not word.startswith("-X")]
    if not _same_file(cmd[0], sys.executable) or options[:2] != _LAUNCHER:
        raise ZygoteUnavailable(f"Only `{sys.executable} -m ipykernel_launcher …` can be forked, not `{cmd[0]} …`.")
    return options[2:]


def _same_file(one: str, other: str) -> bool:
    return Path(one).parent.resolve() == Path(other).parent.resolve() and Path(one).resolve() == Path(other).resolve()


def _directory(cwd: str | os.PathLike[str] | None) -> str:
    return os.path.abspath(cwd) if cwd else os.getcwd()


def _descriptor(stream: Stream, default: int) -> int:
    if stream is None:
        return default
    if isinstance(stream, int):
        if stream < 0:
            raise ZygoteUnavailable("A forked kernel writes to open files only, not to subprocess.PIPE or DEVNULL.")
        return stream
    return stream.fileno()
