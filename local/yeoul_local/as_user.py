"""Run a program as another user: `as_user.py UID GID PROGRAM ARGUMENT...`, as root.

PostgreSQL refuses to run as root. It gets an unprivileged user, and keeps of root's powers the
one to pass folders that only root may enter, since the platform's folder may lie below one
(`/root`, a temporary folder). Stands alone: it runs before the change of user.
"""

import ctypes
import os
import sys

# linux/prctl.h and linux/capability.h
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def become(uid: int, gid: int) -> None:
    """Change the user for good, keeping the power to pass folders where the kernel lets us."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if libc:
        bit = 1 << _CAP_DAC_OVERRIDE
        low = _Data(bit, bit, bit)
        libc.capset(
            ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), (_Data * 2)(low, _Data(0, 0, 0))
        )
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606
