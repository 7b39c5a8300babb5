"""Becomes a container: namespaces of its own for mounts, processes and the user, its volumes at their paths.

Run as ``python -I -S inside.py PLAN``; PLAN is a JSON file::

    {"argv": […], "environment": {…}, "user": 10001, "root": "/empty/directory",
     "mounts": [{"path": "/run/mlflow", "source": "/…", "read_only": false}, …]}

A standalone program on purpose: it imports nothing of the project, and what it becomes inherits nothing.
Nothing outside the namespace changes: mount points that this machine lacks exist only within. As in a pod,
the manifest's program is process 1, and whatever it started ends with it, however it ended.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
from pathlib import Path

_NEW_MOUNTS, _NEW_USER, _NEW_PROCESSES = 0x00020000, 0x10000000, 0x20000000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_NO_SUID, _NO_DEVICES, _NO_PROGRAMS = 2, 4, 8
_DEATH_SIGNAL, _KILL = 1, 9
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_BY_SIGNAL = 128
_LIBC = ctypes.CDLL(None, use_errno=True)


def become(plan: dict) -> None:  # type: ignore[type-arg] # JSON of the module's own form
    """Never returns: what is told to this process is told to the container, whose end is its own."""
    _separate(plan["user"])
    if plan["mounts"]:
        _enter(Path(plan["root"]), plan["mounts"])
    environment, argv = plan["environment"], plan["argv"]
    program = shutil.which(argv[0], path=environment.get("PATH", "/usr/bin:/bin"))
    if program is None:
        sys.exit(f"{argv[0]} is not on this container's PATH ({environment.get('PATH')})")
    # Signals that come before there is a container wait until it can be told.
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    _die_with_parent()
    child = os.fork()
    if child == 0:
        _die_with_parent()
        _see_own_processes()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
        os.chdir("/")
        os.execve(program, argv, environment)  # noqa: S606 - this is what the program is for
    _stand_for(child)


def _die_with_parent() -> None:
    """Kernels forget the parent-death signal when a process forks or gets rights in a new user namespace."""
    _LIBC.prctl(_DEATH_SIGNAL, _KILL, 0, 0, 0)


def _see_own_processes() -> None:
    """A container's /proc, where the kernel lets one be made; else the machine's stays in its place."""
    _LIBC.mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(_NO_SUID | _NO_DEVICES | _NO_PROGRAMS), None)


def _stand_for(child: int) -> None:
    """Pass signals on, and end as the container ends."""
    for number in _FORWARDED:
        signal.signal(number, lambda got, _frame: os.kill(child, got))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(code if code >= 0 else _BY_SIGNAL - code)


def _separate(user: int) -> None:
    """A user namespace in which we are ``user``, and a mount namespace that is ours."""
    outer_user, outer_group = os.geteuid(), os.getegid()
    _checked("unshare", _LIBC.unshare(_NEW_USER | _NEW_MOUNTS | _NEW_PROCESSES))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {outer_user} 1")
    Path("/proc/self/gid_map").write_text(f"{user} {outer_group} 1")
    _mount("none", Path("/"), flags=_RECURSIVE | _PRIVATE)


def _enter(root: Path, mounts: list) -> None:  # type: ignore[type-arg] # see become
    """Make a root directory of this machine's own entries plus the mounts, and go there."""
    _mount("tmpfs", root, kind="tmpfs", flags=_NO_SUID | _NO_DEVICES)
    for entry in Path("/").iterdir():
        _copy_entry(entry, root / entry.name)
    for mount in mounts:
        target = root / _within(root, Path(mount["path"]))
        source = Path(mount["source"])
        _make_room(root, target, directory=source.is_dir())
        _mount(str(source), target, flags=_BIND | _RECURSIVE)
        if mount["read_only"]:
            _mount("none", target, flags=_BIND | _REMOUNT | _READ_ONLY | _NO_SUID | _NO_DEVICES)
    os.chroot(root)


def _copy_entry(entry: Path, target: Path) -> None:
    """The same entry in another place: a link by its text, the rest by a bind mount."""
    if entry.is_symlink():
        target.symlink_to(entry.readlink())
    elif entry.is_dir():
        target.mkdir()
        _mount(str(entry), target, flags=_BIND | _RECURSIVE)
    else:
        target.touch()
        _mount(str(entry), target, flags=_BIND)


def _make_room(root: Path, target: Path, *, directory: bool) -> None:
    """Bring a mount point, without writing to this machine's directories.

    The nearest directory that is there is replaced by one in memory with the same entries, and the way on is
    made in that.
    """
    if target.exists():
        return
    nearest = target.parent
    while not nearest.exists():
        nearest = nearest.parent
    if nearest != root and not _in_memory(nearest):
        entries = [(entry.name, os.open(entry, os.O_PATH | os.O_NOFOLLOW)) for entry in nearest.iterdir()]
        links = {name: (nearest / name).readlink() for name, _ in entries if (nearest / name).is_symlink()}
        folders = {name for name, _ in entries if (nearest / name).is_dir()}
        _mount("tmpfs", nearest, kind="tmpfs", flags=_NO_SUID | _NO_DEVICES)
        (nearest / _MARK).touch()
        for name, handle in entries:
            _bring_back(nearest / name, handle, links.get(name), name in folders)
    target.parent.mkdir(parents=True, exist_ok=True)
    if directory:
        target.mkdir()
    else:
        target.touch()


_MARK = ".ferry-bridge"


def _in_memory(path: Path) -> bool:
    return any((parent / _MARK).exists() for parent in (path, *path.parents))


def _bring_back(target: Path, handle: int, link: Path | None, folder: bool) -> None:
    if link is not None:
        target.symlink_to(link)
    else:
        if folder:
            target.mkdir()
        else:
            target.touch()
        _mount(f"/proc/self/fd/{handle}", target, flags=_BIND | _RECURSIVE)
    os.close(handle)


def _within(root: Path, path: Path) -> Path:
    """The path below ``root`` with links followed as they will be once we are there."""
    real = Path("/")
    for part in path.relative_to("/").parts:
        step = root / real.relative_to("/") / part
        if step.is_symlink():
            link = step.readlink()
            real = link if link.is_absolute() else Path(os.path.normpath(real / link))
        else:
            real = real / part
    return real.relative_to("/")


def _mount(source: str, target: Path, *, kind: str = "none", flags: int = 0) -> None:
    result = _LIBC.mount(source.encode(), str(target).encode(), kind.encode(), ctypes.c_ulong(flags), None)
    _checked(f"mounting {source} at {target}", result)


def _checked(what: str, result: int) -> None:
    if result != 0:
        reason = os.strerror(ctypes.get_errno())
        sys.exit(f"{what} failed ({reason}): this machine allows no user namespaces, or not enough of them")


if __name__ == "__main__":
    become(json.loads(Path(sys.argv[1]).read_text()))
