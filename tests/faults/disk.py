"""A disk under SQLite that remembers each write, and can be full.

A layer over SQLite's own access to files, in this process: each write, truncation and sync is
recorded on its way, so that what a power cut would have left at any moment can be laid out again.
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

SECTOR = 512
OK, FULL = 0, 13
# Places in the tables of functions that SQLite calls by.
CLOSE, WRITE, TRUNCATE, SYNC = 0, 2, 3, 4
FUNCTIONS = (12, 16, 18)  # of version 1, 2, 3

Pointer = ctypes.c_void_p
Close = ctypes.CFUNCTYPE(ctypes.c_int, Pointer)
Write = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, Pointer, ctypes.c_int, ctypes.c_int64)
Truncate = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, ctypes.c_int64)
Sync = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, ctypes.c_int)
# A file's name as an address: SQLite reads on behind it, and as long as the file is open.
Open = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, Pointer, Pointer, ctypes.c_int, Pointer)


class Methods(ctypes.Structure):
    """What can be done with an open file (sqlite3_io_methods)."""

    _fields_ = (("version", ctypes.c_int), ("functions", Pointer * FUNCTIONS[-1]))


class File(ctypes.Structure):
    """The part of an open file that every layer shares (sqlite3_file)."""

    _fields_ = (("methods", ctypes.POINTER(Methods)),)


class Layer(ctypes.Structure):
    """A way of reaching files (sqlite3_vfs), version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("size_of_file", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", Pointer),
        ("name", ctypes.c_char_p),
        ("data", Pointer),
        ("open", Open),
        ("others", Pointer * 17),
    )


@dataclass(frozen=True)
class Deed:
    """One thing done to a file: `bytes` written at a place, cut to a length, or made to last."""

    path: str
    kind: str
    place: int = 0
    content: bytes = b""


@dataclass
class Disk:
    """What has been done to the files since it is watched, in order."""

    deeds: list[Deed] = field(default_factory=list)
    # How many more writes find room; endless unless told.
    room: int | None = None
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def takes(self, deed: Deed) -> bool:
        """Whether there is room; the deed is then recorded."""
        with self.lock:
            if deed.kind == "write" and self.room is not None:
                if self.room <= 0:
                    self.refused += 1
                    return False
                self.room -= 1
            self.deeds.append(deed)
            return True


def library() -> Any:
    """The SQLite that Python's own module calls."""
    import _sqlite3

    found = ctypes.CDLL(_sqlite3.__file__)
    found.sqlite3_vfs_find.restype = ctypes.POINTER(Layer)
    return found


class Watch:
    """The layer: it does what the usual one does, and tells the disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk, self.library = disk, library()
        self.usual = self.library.sqlite3_vfs_find(None)
        self.layer = Layer.from_buffer_copy(self.usual.contents)
        self.layer.name = b"watched"
        self.paths: dict[int, str] = {}
        self.original: dict[int, Methods] = {}
        self.tables: dict[int, Methods] = {}
        self.kept = (
            Open(self.open),
            Close(self.close),
            Write(self.write),
            Truncate(self.truncate),
            Sync(self.sync),
        )
        self.layer.open = self.kept[0]

    def begin(self) -> None:
        """Let every file that is opened from now on be watched."""
        self.library.sqlite3_vfs_register(ctypes.byref(self.layer), 1)

    def end(self) -> None:
        """Let the usual layer be the usual one again."""
        self.library.sqlite3_vfs_register(self.usual, 1)
        self.library.sqlite3_vfs_unregister(ctypes.byref(self.layer))

    def open(self, layer: Any, name: Any, file: Any, flags: int, out: Any) -> int:
        """Open as usual, and stand before the file's own functions."""
        del layer
        done = self.usual.contents.open(ctypes.cast(self.usual, Pointer), name, file, flags, out)
        opened = File.from_address(file)
        if done == OK and name and opened.methods:
            usual = opened.methods.contents
            address = ctypes.addressof(usual)
            if address not in self.tables:
                table = Methods(usual.version)
                for place in range(FUNCTIONS[min(usual.version, 3) - 1]):
                    table.functions[place] = usual.functions[place]
                for place, function in zip(
                    (CLOSE, WRITE, TRUNCATE, SYNC), self.kept[1:], strict=True
                ):
                    table.functions[place] = ctypes.cast(function, Pointer).value
                self.tables[address] = table
            self.original[file] = usual
            self.paths[file] = ctypes.string_at(name).decode()
            opened.methods = ctypes.pointer(self.tables[address])
        return int(done)

    def usually(self, kind: Any, file: Any, place: int, *values: Any) -> int:
        """What the usual layer does."""
        return int(kind(self.original[file].functions[place])(file, *values))

    def close(self, file: Any) -> int:
        """Close a file and forget it."""
        done = self.usually(Close, file, CLOSE)
        del self.paths[file], self.original[file]
        return done

    def write(self, file: Any, content: Any, length: int, place: int) -> int:
        """Write, if there is room."""
        deed = Deed(self.paths[file], "write", place, ctypes.string_at(content, length))
        if not self.disk.takes(deed):
            return FULL
        return self.usually(Write, file, WRITE, content, length, place)

    def truncate(self, file: Any, length: int) -> int:
        """Cut a file."""
        self.disk.takes(Deed(self.paths[file], "truncate", length))
        return self.usually(Truncate, file, TRUNCATE, length)

    def sync(self, file: Any, flags: int) -> int:
        """Make what was written to a file last."""
        done = self.usually(Sync, file, SYNC, flags)
        self.disk.takes(Deed(self.paths[file], "sync"))
        return done


@contextmanager
def watched() -> Iterator[Disk]:
    """Watch what SQLite does to the files that are opened within the block."""
    disk = Disk()
    watch = Watch(disk)
    watch.begin()
    try:
        yield disk
    finally:
        watch.end()


@dataclass
class Platter:
    """What would be left of the files if the power went now."""

    lasting: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Deed]] = field(default_factory=dict)

    @classmethod
    def holding(cls, *paths: Path) -> "Platter":
        """What the files hold before anything is done to them."""
        return cls({str(path): bytearray(path.read_bytes()) for path in paths if path.exists()})

    def do(self, deed: Deed) -> None:
        """One more deed: it lasts once the file is synced."""
        if deed.kind == "sync":
            content = self.lasting.setdefault(deed.path, bytearray())
            for each in self.pending.pop(deed.path, []):
                apply(content, each)
        else:
            self.pending.setdefault(deed.path, []).append(deed)

    def synced(self) -> dict[str, bytes]:
        """Only what has been synced."""
        return {path: bytes(content) for path, content in self.lasting.items()}

    def torn(self, chance: Random) -> dict[str, bytes]:
        """What has been synced, and of the rest whichever sectors the disk came to."""
        found = {path: bytearray(content) for path, content in self.lasting.items()}
        for path, deeds in self.pending.items():
            content = found.setdefault(path, bytearray())
            for deed in deeds:
                for part in sectors(deed):
                    if chance.random() < 0.5:
                        apply(content, part)
        return {path: bytes(content) for path, content in found.items()}


def apply(content: bytearray, deed: Deed) -> None:
    """Do it to the bytes of a file."""
    if deed.kind == "truncate":
        del content[deed.place :]
        return
    end = deed.place + len(deed.content)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[deed.place : end] = deed.content


def sectors(deed: Deed) -> Iterator[Deed]:
    """A write sector by sector; anything else whole."""
    if deed.kind != "write":
        yield deed
        return
    start, end = deed.place, deed.place + len(deed.content)
    while start < end:
        stop = min((start // SECTOR + 1) * SECTOR, end)
        part = deed.content[start - deed.place : stop - deed.place]
        yield Deed(deed.path, "write", start, part)
        start = stop
