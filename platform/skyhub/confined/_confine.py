"""What the operating system takes from a worker before it sees what a user wrote: files, network, other processes.

A statement in SQL is run by an engine that is told to open nothing; here what it must never do is refused, even where a
statement should get past the engine. On systems without Linux's system call filter only the limits on resources are set.
A function in Python may try anything: all is refused but what computing needs, or it is not run.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys

from skyhub.errors import Unavailable

__all__ = ["confine", "confine_to_computing", "die_with_parent"]

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE = 1, 38, 22, 4
_SECCOMP_MODE_FILTER = 2
_SIGKILL = 9
_CLONE_THREAD = 0x10000
_ALLOW, _REFUSE, _ABSENT, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_LOAD, _EQUAL, _BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_X32 = 0x40000000
_DATA_ELSEWHERE = 2**29

# open, creat, openat, openat2, socket…, execve…, fork, vfork, ptrace, process_vm_*, kill, tkill, pidfd_*, io_uring,
# link, unlink, rename, mkdir, rmdir, symlink, truncate, chmod, chown, mount, prctl…
_SYSCALLS = {
    "x86_64": (
        0xC000003E, 56, 435,
        (2, 85, 257, 437, 304, 41, 42, 43, 49, 50, 53, 288, 59, 322, 57, 58, 101, 310, 311, 62, 200, 424, 434, 438, 425,
         426, 427, 86, 87, 265, 263, 82, 264, 316, 83, 258, 84, 88, 266, 76, 90, 91, 268, 92, 94, 260, 165, 161, 272,
         308, 321, 298, 323, 248, 249, 250, 319, 157, 175, 313, 246, 89, 267, 78, 217, 132, 133, 259),
    ),
    "aarch64": (
        0xC00000B7, 220, 435,
        (56, 437, 265, 198, 199, 200, 201, 202, 203, 242, 221, 281, 117, 270, 271, 129, 130, 424, 434, 438, 425, 426, 427,
         35, 37, 38, 276, 34, 36, 45, 52, 53, 54, 55, 40, 51, 97, 268, 280, 241, 282, 217, 218, 219, 279, 167, 105, 273,
         104, 78, 61, 33),
    ),
}  # fmt: skip
"""By machine: the audit number, clone, clone3, and the calls that are refused."""


# read, write, close, fstat, poll, lseek, mmap, mprotect, munmap, brk, rt_sig*, readv, writev, select, sched_yield, mremap,
# mincore, madvise, dup, nanosleep, getpid, sendto, recvfrom, sendmsg, recvmsg, shutdown, exit, uname, gettimeofday, getrlimit,
# getrusage, sysinfo, times, get*id, sigaltstack, gettid, time, futex*, sched_getaffinity, clock_*, exit_group, ppoll, pselect6,
# set_robust_list, set_tid_address, restart_syscall, getcpu, getrandom, membarrier, rseq.
_COMPUTING = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 23, 24, 25, 27, 28, 32, 35, 39, 44, 45, 46, 47, 48, 60, 63, 96,
         97, 98, 99, 100, 102, 104, 107, 108, 110, 131, 186, 201, 202, 204, 228, 229, 230, 231, 270, 271, 273, 218, 219, 309,
         318, 324, 334, 449),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 65, 66, 124, 216, 232, 233, 23, 101, 172, 206, 207, 211, 212,
         210, 93, 160, 169, 163, 165, 179, 153, 174, 175, 176, 177, 173, 132, 178, 98, 123, 113, 114, 115, 94, 72, 73, 99, 96,
         128, 168, 278, 283, 293, 449),
    ),
}  # fmt: skip
"""By machine: the audit number, and the calls that are permitted to what does nothing but compute."""


def die_with_parent(parent: int) -> None:
    """End when the process with this number does, which has forked this one and must have one thread only."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def confine(memory_bytes: int, seconds: int) -> None:
    """Give up files, network and processes for good, and bound memory and time.

    Parameters
    ----------
    memory_bytes
        How much more of its own data this process may have than it has now (bytes).
    seconds
        Of processor time (s).
    """
    _bound(memory_bytes, seconds)
    if sys.platform == "linux":
        machine = _SYSCALLS.get(platform.machine())
        _filter_calls(_refusing(*machine) if machine else None)


def confine_to_computing(memory_bytes: int, seconds: int) -> None:
    """Give up everything but computing and the files that are open, threads too; see `confine`.

    Raises
    ------
    Unavailable
        If the system has no filter of system calls that would hold it to that.
    """
    machine = _COMPUTING.get(platform.machine()) if sys.platform == "linux" else None
    if machine is None:
        raise Unavailable("functions of users run on Linux (x86_64, aarch64) alone: nothing else confines them.")
    _bound(memory_bytes, seconds)
    _filter_calls(_permitting(*machine))


def _bound(memory_bytes: int, seconds: int) -> None:
    for bound, value in (
        (resource.RLIMIT_DATA, _data_bytes() + memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(bound, (value, value))


def _data_bytes() -> int:
    """Data and stacks of this process (bytes)."""
    if sys.platform != "linux":
        return _DATA_ELSEWHERE
    with open("/proc/self/statm") as f:
        return int(f.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")


def _filter_calls(program: list[bytes] | None) -> None:
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if program is None:
        return
    code = ctypes.create_string_buffer(b"".join(program), 8 * len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header))


def _permitting(architecture: int, permitted: tuple[int, ...]) -> list[bytes]:
    """The filter that refuses what is not named."""
    program = _of_machine(architecture)
    for number in permitted:
        program += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    return [*program, _step(_RETURN, _REFUSE)]


def _of_machine(architecture: int) -> list[bytes]:
    """The beginning of a filter: calls of another architecture end the process; then the call's number is at hand."""
    return [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_BITS, _X32, 0, 1),
        _step(_RETURN, _KILL),
    ]


def _refusing(architecture: int, clone: int, clone3: int, refused: tuple[int, ...]) -> list[bytes]:
    """The filter: threads may be started, processes may not; `clone3` is said not to exist, so that `clone` is used."""
    program = [
        *_of_machine(architecture),
        _step(_EQUAL, clone3, 0, 1),
        _step(_RETURN, _ABSENT),
    ]
    for number in refused:
        program += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _REFUSE)]
    return [
        *program,
        _step(_EQUAL, clone, 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_BITS, _CLONE_THREAD, 1, 0),
        _step(_RETURN, _REFUSE),
        _step(_RETURN, _ALLOW),
    ]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _prctl(option: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *values) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")
