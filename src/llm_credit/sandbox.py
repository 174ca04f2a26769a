"""What a process gives up before it looks at untrusted text: resource limits, and a filter of system calls.

The limits are every Unix's. The filter (seccomp) is Linux's on x86-64 and arm64: a bonus where the kernel has it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import struct

# System calls that answer "not permitted" from then on: files, network, processes, other processes' memory.
# (creat, unlink, rename, mkdir, rmdir, link, symlink, chmod, chown, fork, vfork exist on x86-64 only)
_X86_64 = {
    "openat2": 437, "creat": 85, "unlink": 87, "unlinkat": 263, "rename": 82, "renameat": 264,
    "renameat2": 316, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "link": 86, "linkat": 265, "symlink": 88,
    "symlinkat": 266, "chmod": 90, "fchmodat": 268, "chown": 92, "fchownat": 260, "truncate": 76, "socket": 41,
    "connect": 42, "bind": 49, "fork": 57, "vfork": 58, "clone": 56, "clone3": 435, "execve": 59, "execveat": 322,
    "kill": 62, "tkill": 200, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434,
    "pidfd_getfd": 438, "bpf": 321, "io_uring_setup": 425, "mount": 165, "prlimit64": 302,
}  # fmt: skip
_ARM64 = {
    "openat2": 437, "unlinkat": 35, "renameat": 38, "renameat2": 276, "mkdirat": 34, "linkat": 37,
    "symlinkat": 36, "fchmodat": 53, "fchownat": 54, "truncate": 45, "socket": 198, "connect": 203, "bind": 200,
    "clone": 220, "clone3": 435, "execve": 221, "execveat": 281, "kill": 129, "tkill": 130, "ptrace": 117,
    "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_open": 434, "pidfd_getfd": 438, "bpf": 280,
    "io_uring_setup": 425, "mount": 40, "prlimit64": 261,
}  # fmt: skip
# Opening a file may only be for reading (torch imports parts of itself when they are first needed): the call's number,
# and where its flags lie in what the filter sees
_OPENS = {"x86_64": ((2, 24), (257, 32)), "aarch64": ((56, 32),)}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _ARM64)}

_LOAD, _EQUAL, _AT_LEAST, _BITS, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF: ld [k], jeq, jge, jset, ret
_ALLOW, _NOT_PERMITTED = 0x7FFF0000, 0x00050001  # seccomp's "allow" and "fail with EPERM"
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


def confine(kept: int, seconds: float, memory: int) -> bool:
    """Limits this process for good: CPU ``seconds``, ``memory`` bytes beyond what it has, no open file but ``kept``.

    Returns whether the kernel's filter is in force too.
    """
    for descriptor in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else map(str, range(256)):
        if int(descriptor) not in (0, 1, 2, kept):
            with contextlib.suppress(OSError):  # the one that lists the folder is gone already
                os.close(int(descriptor))
    used = _address_space()
    limits = [
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 64),
    ]
    if used:
        limits.append((resource.RLIMIT_AS, used + memory))
    for kind, value in limits:
        _lower(kind, value)
    return filter_system_calls()  # last: it forbids what is done above


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    with contextlib.suppress(OSError, ValueError):  # a kind of limit that this system does not have
        resource.setrlimit(kind, (value, value))


def _address_space() -> int:
    """Bytes of address space that this process has, 0 where that cannot be read."""
    try:
        with open("/proc/self/statm", encoding="ascii") as f:
            return int(f.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def filter_system_calls() -> bool:
    """Installs the filter; False where the machine or the kernel has none."""
    known = _MACHINES.get(platform.machine())
    if platform.system() != "Linux" or known is None:
        return False
    program = _program(*known, _OPENS[platform.machine()])

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    code = ctypes.create_string_buffer(program, len(program))
    held = Program(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(prctl(_SET_SECCOMP, _FILTER, ctypes.byref(held), 0, 0) == 0)


def _program(architecture: int, calls: dict[str, int], opens: tuple[tuple[int, int], ...]) -> bytes:
    """Berkeley packet filter: another architecture's calls, the listed ones and opening to write fail; others pass."""
    numbers = sorted(calls.values())
    fail = 4 + len(numbers) + 4 * len(opens) + 1  # the last instruction; jumps count from the one behind
    code = [
        (_LOAD, 0, 0, 4),  # the caller's architecture
        (_EQUAL, 0, fail - 2, architecture),
        (_LOAD, 0, 0, 0),  # the call's number
        (_AT_LEAST, fail - 4, 0, 0x40000000),  # x86-64's second set of numbers (x32)
    ]
    for number in numbers:
        code.append((_EQUAL, fail - len(code) - 1, 0, number))
    for number, flags in opens:
        code.append((_EQUAL, 0, 3, number))
        code.append((_LOAD, 0, 0, flags))
        code.append((_BITS, fail - len(code) - 1, 0, _WRITING))
        code.append((_ANSWER, 0, 0, _ALLOW))
    code += [(_ANSWER, 0, 0, _ALLOW), (_ANSWER, 0, 0, _NOT_PERMITTED)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)
