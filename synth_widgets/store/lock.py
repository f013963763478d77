"""One writer a file: a lock beside it that says who holds it and since when, and one on the file itself.

The lock beside it (``<name>.lock``) goes with the name, so that a file that is put in the place of an open one is not
written by a second process. The lock on the file goes with the file, whatever becomes of names: who deletes the lock
beside it, or finds the file under another name, still finds it held. Where a disk has no locks (some network disks),
the file beside it alone says who holds it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import stat
import struct
import sys
import time
import weakref
from pathlib import Path

from synth_widgets.store import ordinary

BYTE = 0x40000000 + 0x400
"""The byte of the studio file that is locked: one that SQLite, whose own locks lie before it, never locks."""
YOUNG_SECONDS = 10.0
"""How long an empty lock file, where a disk has no locks, may be one whose holder is just being written."""
_HELD = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}


class NoLocksError(OSError):
    """The disk has no locks."""


if os.name == "nt":  # pragma: no cover - Windows
    import msvcrt

    def _lock_whole(descriptor: int) -> bool:
        """Lock a file that is only there to be locked; return whether nobody else has."""
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the text, so that others can still read who holds it
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

    def _lock_byte(descriptor: int) -> bool:
        """Do nothing: an open file cannot be deleted or renamed here, nor can its lock."""
        return descriptor >= 0

else:
    import fcntl

    def _tried(lock: object, *arguments: object) -> bool:
        try:
            lock(*arguments)  # type: ignore[operator]
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise NoLocksError(*error.args) from None
        return True

    def _lock_whole(descriptor: int) -> bool:
        """Lock a file that is only there to be locked; return whether nobody else has.

        Raises:
            NoLocksError: the disk has no such locks.
        """
        return _tried(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _lock_byte(descriptor: int) -> bool:
        """Lock one byte of the studio file; return whether nobody else has.

        A lock of the open file where there are such: one of the process would be lost as soon as anything in it
        opens and closes the file, as a person's own copying does.

        Raises:
            NoLocksError: the disk has no such locks.
        """
        if sys.platform == "linux":
            whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, BYTE, 1, 0)
            try:
                return _tried(fcntl.fcntl, descriptor, fcntl.F_OFD_SETLK, whole)
            except NoLocksError as error:
                if error.errno != errno.EINVAL:  # a kernel that does not know them
                    raise
        return _tried(fcntl.lockf, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, BYTE)


class FileLock:
    """The lock of a studio file, held from `acquire` to `release` or to the end of the process.

    Attributes:
        has_locks: whether the disk has locks of the kind that SQLite uses.
        made: whether the studio file was not there before, so that `release` removes it if it is empty.
        file: a descriptor of the locked studio file, open for writing; ``None`` before `acquire` and after `release`.
            Closing any descriptor of a file drops SQLite's own locks on it, so it stays open as long as SQLite's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.beside = path.with_name(path.name + ".lock")
        self.has_locks = True
        self.file: int | None = None
        self.made = False
        self._descriptor: int | None = None
        _all.add(self)

    def acquire(self) -> str | None:
        """Take both locks; the studio file is made if it is not there. Return ``None``, or why it can only be read.

        Raises:
            OSError: there is no file, and none can be made.
        """
        try:
            reason, said = self._take_name()
            reason = reason or self._take_file()
            if said is not None and (reason is not None or not self.has_locks):
                reason = said  # no lock says more than the file does
            if reason is None:
                self._sign()
            elif said is not None:
                self._let_go()
        except OSError as error:
            self.release()
            if error.errno not in _REFUSED or not self.path.exists():
                raise
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            where = "its disk is full" if full else f"its folder {self.path.parent} cannot be written"
            return f"{where} ({error.strerror})"
        if reason is not None:
            self.release()
        return reason

    def renew(self) -> str | None:
        """Take the lock of the file that has the name now, which is another one; return why not, or ``None``."""
        former, self.file = self.file, None
        reason = self._take_file()
        if reason is None and former is not None:
            os.close(former)
        elif reason is not None:
            self.file = former
        return reason

    def release(self) -> None:
        """Give the locks back, and remove the lock file, and a studio file that stayed empty."""
        if self.file is not None:
            if self.made and _leads_to(self.path, self.file) and os.fstat(self.file).st_size == 0:
                self.path.unlink()
            if sys.platform == "linux":  # a forked child may have the open file too, and would go on holding it
                free = struct.pack("hhqqi4x", fcntl.F_UNLCK, os.SEEK_SET, BYTE, 1, 0)
                with contextlib.suppress(OSError):
                    fcntl.fcntl(self.file, fcntl.F_OFD_SETLK, free)
            os.close(self.file)
            self.file = None
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            if os.name == "nt":  # pragma: no cover - Windows removes no open file
                os.close(descriptor)
                self.beside.unlink(missing_ok=True)
            else:
                if _leads_to(self.beside, descriptor):
                    self.beside.unlink(missing_ok=True)
                os.close(descriptor)

    def forget(self) -> None:
        """Close what a forked child has of its parent's locks, without giving them back."""
        for descriptor in (self.file, self._descriptor):
            if descriptor is not None:
                os.close(descriptor)
        self.file = self._descriptor = None

    # ------------------------------------------------------------ the lock beside the file
    def _take_name(self) -> tuple[str | None, str | None]:
        """Lock the file beside it. Return who holds it, and who is said to hold it where no lock tells."""
        while True:
            descriptor, is_new = self._open_beside()
            said = None
            try:
                if not _lock_whole(descriptor):
                    holder = _holder(descriptor)
                    os.close(descriptor)
                    return f"open in another kernel ({holder or 'another process'})", None
            except NoLocksError:
                said = None if is_new else self._said_to_be_held(descriptor)
                if said is None and not is_new and _leads_to(self.beside, descriptor):
                    self.beside.unlink(missing_ok=True)  # its holder has ended: made anew, so that one alone makes it
            if _leads_to(self.beside, descriptor):
                self._descriptor = descriptor
                return None, said
            os.close(descriptor)  # the former holder removed it between our open and our lock

    def _sign(self) -> None:
        """Write down who holds it; on a full disk it is held, and nobody can read by whom."""
        if self._descriptor is not None:
            told = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()})
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
                os.write(self._descriptor, told.encode())

    def _let_go(self) -> None:
        """Close a lock file that is another's, and leave it there."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open_beside(self) -> tuple[int, bool]:
        """Open the lock file, never what a link of its name leads to; return whether it was made too."""
        flags = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        while True:
            with contextlib.suppress(FileExistsError):
                return os.open(self.beside, flags | os.O_CREAT | os.O_EXCL, 0o666), True
            ordinary.check(self.beside)
            try:
                descriptor = os.open(self.beside, flags)
            except FileNotFoundError:
                continue  # it was removed between the two
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1 and found.st_size <= 1000:
                return descriptor, False
            os.close(descriptor)
            if found.st_nlink == 0:
                continue
            raise OSError(errno.EEXIST, f"{self.beside.name} is there and is no lock of ours", str(self.beside))

    def _said_to_be_held(self, descriptor: int) -> str | None:
        """Say who holds the file by what the lock file says alone; ``None`` when its holder has ended."""
        holder, about = _holder(descriptor), os.fstat(descriptor)
        if holder is None and time.time() - about.st_mtime > YOUNG_SECONDS:
            return None
        if holder is not None and _has_ended(descriptor):
            return None
        return (
            f"open in another kernel ({holder or 'one that is just opening it'}; so says {self.beside.name}, and this "
            "disk has no locks to ask: if that kernel no longer runs, delete that file)"
        )

    # ------------------------------------------------------------ the lock on the file
    def _take_file(self) -> str | None:
        flags = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            self.made = False
            self.file = os.open(self.path, flags)
        except FileNotFoundError:
            self.file, self.made = os.open(self.path, flags | os.O_CREAT, 0o644), True
        except OSError as error:
            if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
                return f"the file is write-protected ({error.strerror})"
            raise
        try:
            if _lock_byte(self.file):
                return None
        except NoLocksError:
            self.has_locks = False
            return None
        return "open in another kernel (under another name, or its lock file was deleted)"


_all: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _leave_to_parent() -> None:
    """Let go, in a forked child, of the open files that would hold the parent's locks beyond its end."""
    for lock in tuple(_all):
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def _leads_to(path: Path, descriptor: int) -> bool:
    """Whether a name, and no link of that name, leads to an open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _told(descriptor: int) -> tuple[int, str, float] | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        held = json.loads(os.read(descriptor, 1000))
        return int(held["pid"]), str(held["host"]), float(held["since"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _holder(descriptor: int) -> str | None:
    """Say who a lock file says that holds it, or ``None``."""
    told = _told(descriptor)
    if told is None:
        return None
    pid, host, at = told
    try:
        since = time.strftime("%d %b %H:%M", time.localtime(at))
    except (ValueError, OverflowError, OSError):
        return None
    return f"process {pid} on {host[:80]}, since {since}"


def _has_ended(descriptor: int) -> bool:
    """Whether it is known that the process that a lock file names has ended; of another machine's it is not."""
    told = _told(descriptor)
    if told is None or told[1] != socket.gethostname() or told[0] <= 0:
        return False
    try:
        os.kill(told[0], 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
