"""How the C library's allocator treats the large, short-lived tensors of training on the CPU."""

from __future__ import annotations

import ctypes
import logging

log = logging.getLogger(__name__)

# glibc's names and numbers (malloc.h)
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
KEEP_BYTES = 512 * 1024 * 1024
MMAP_BYTES = 256 * 1024 * 1024


def keep_freed_memory() -> bool:
    """Lets freed tensors stay in the process instead of going back to the kernel; False where there is no glibc.

    By default every tensor of some 100 KiB is mapped from the kernel when made and unmapped when freed, and each of
    its pages is faulted in again by the next one: on virtual machines this took over half of a learner update's time.
    The process keeps at most ``KEEP_BYTES`` that it does not use.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        log.debug("no mallopt here: freed memory goes back to the system at once")
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)) and bool(mallopt(M_TRIM_THRESHOLD, KEEP_BYTES))
