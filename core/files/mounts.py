"""Which folders lie on other machines: their changes are not announced to this one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")

_NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "ceph", "glusterfs", "davfs"}
    | {"fuse.sshfs", "fuse.rclone", "fuse.davfs2", "fuse.glusterfs", "fuse.s3fs", "fuse.gvfsd-fuse"}
    | {"virtiofs", "vboxsf", "prl_fs", "drvfs"}
)


def is_network_folder(folder: Path, mounts: Path = MOUNTS) -> bool:
    """True if the folder is on a file system that other machines may write to unannounced.

    Known on Linux only; False elsewhere, where the system's own events cover shares.
    """
    if not sys.platform.startswith("linux"):
        return False
    return file_system_type(folder, mounts) in _NETWORK_TYPES


def file_system_type(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the file system that a folder is on, as the kernel names it."""
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return None
    real = os.path.realpath(os.fsencode(folder))
    best: tuple[int, str] | None = None
    for line in lines:
        fields = line.split(b" ")
        if len(fields) < 3:
            continue
        point = _unescaped(fields[1])
        inside = real == point or real.startswith(point.rstrip(b"/") + b"/")
        if inside and (best is None or len(point) >= best[0]):
            best = len(point), fields[2].decode("ascii", "replace")
    return best[1] if best else None


def _unescaped(point: bytes) -> bytes:
    """Octal escapes of fstab(5), as for a blank: ``\\040``."""
    for escape, char in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        point = point.replace(escape, char)
    return point
