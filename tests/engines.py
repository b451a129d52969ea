"""The two database engines that the tests run on, and fresh databases on each."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

ENGINES = ("sqlite", "postgresql")
INSTALLED = Path("/usr/lib/postgresql")

# Where Linux can, it ends the server also when the test process is killed.
END_WITH_US = ["setpriv", "--pdeathsig=QUIT"] if shutil.which("setpriv") else []

Upgrade = Callable[[str], None]

MEMORY = Path("/dev/shm")
ENOUGH = 2 << 30


def quick_folder(kind: str) -> Path:
    """A new folder in memory where the machine has enough to spare; no test outlives a power cut.

    A container's is often too small; then in the usual place.
    """
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    roomy = roomy and shutil.disk_usage(MEMORY).free > ENOUGH
    if roomy:
        sweep()
    prefix = f"sosku-{kind}-{os.getpid()}-"
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if roomy else None))


def sweep() -> None:
    """Give back the memory of runs that were killed."""
    for left in MEMORY.glob("sosku-*-*-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)


class NoPostgreSQL(Exception):
    """There is no PostgreSQL server to start on this machine."""


class Databases(Protocol):
    """Databases of one engine, each new and for one test alone."""

    def fresh(self, like: str | None = None) -> str:
        """The address of a new database with all tables; a copy of another that nobody uses."""

    def empty(self) -> str:
        """The address of a new database without any table."""

    def drop(self, url: str) -> None:
        """Remove a database."""

    def stop(self) -> None:
        """Leave nothing behind."""


class SqliteDatabases:
    """Files in a folder; a fresh one is a copy of the migrated first."""

    def __init__(self, upgrade: Upgrade) -> None:
        self.folder = quick_folder("sqlite")
        self.upgrade = upgrade
        self.numbers = count(1)
        self.template: str | None = None

    def empty(self) -> str:
        """The address of a file that is not there yet."""
        return f"sqlite:///{self.folder / f'test-{next(self.numbers)}.sqlite'}"

    def fresh(self, like: str | None = None) -> str:
        """The address of a copy of the migrated file, or of another."""
        if self.template is None:
            template = self.empty()
            self.upgrade(template)
            self.template = template
        url = self.empty()
        shutil.copyfile(path_of(like or self.template), path_of(url))
        return url

    def drop(self, url: str) -> None:
        """Remove the file."""
        path_of(url).unlink(missing_ok=True)

    def stop(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def path_of(url: str) -> Path:
    """The file behind an SQLite address."""
    return Path(url.removeprefix("sqlite:///"))


class PostgresqlDatabases:
    """Databases of a server of one's own; a fresh one is made from the migrated template."""

    def __init__(self, upgrade: Upgrade) -> None:
        self.cluster = Cluster()
        self.admin = self.cluster.admin()
        self.upgrade = upgrade
        self.numbers = count(1)
        self.template: str | None = None

    def empty(self) -> str:
        """The address of a database without any table."""
        return self.create("template1")

    def fresh(self, like: str | None = None) -> str:
        """The address of a copy of the migrated database, or of another."""
        if self.template is None:
            template = self.empty()
            self.upgrade(template)
            self.template = name_of(template)
        return self.create(name_of(like) if like else self.template)

    def create(self, template: str) -> str:
        """Make a database like the template."""
        name = f"test_{next(self.numbers)}"
        # Copying files is twice as fast as logging rows, and there is no crash to recover from.
        strategy = sql.SQL("STRATEGY file_copy" if self.cluster.version >= 15 else "")
        self.admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(
                sql.Identifier(name), sql.Identifier(template), strategy
            )
        )
        return self.cluster.url(name)

    def drop(self, url: str) -> None:
        """Remove the database, also from under a connection left open."""
        self.admin.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name_of(url)))
        )

    def stop(self) -> None:
        """End the server with everything in it."""
        self.admin.close()
        self.cluster.stop()


def name_of(url: str) -> str:
    """The database's name in an address made by Cluster.url."""
    return url.partition("@/")[2].partition("?")[0]


class Cluster:
    """A PostgreSQL server of this process alone, reached through a socket in its own folder.

    It trades safety for speed and dies with the process. Its order of letters is Finnish, not
    that of bytes, so that an ordering which leans on the database's default shows.
    """

    def __init__(self) -> None:
        self.programs = postgresql_programs()
        self.version = server_version(self.programs)
        self.folder = self.place()
        self.owner = unprivileged_user()
        if self.owner:
            shutil.chown(self.folder, self.owner)
        self.make()
        self.server = self.start()
        self.wait_until_up()

    def place(self) -> Path:
        """A new folder for everything."""
        return quick_folder("pg")

    def settings(self) -> dict[str, str]:
        """What it is told: nothing here has to outlive the machine."""
        return {
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "autovacuum": "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "128MB",
        }

    def make(self) -> None:
        """Make the server's data folder."""
        finnish = ["--locale-provider=icu", "--icu-locale=fi-FI"] if self.version >= 15 else []
        done = subprocess.run(
            [
                self.programs / "initdb",
                f"--pgdata={self.folder / 'data'}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                *finnish,
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            user=self.owner,
            cwd=self.folder,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr}")

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            **self.settings(),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*END_WITH_US, self.programs / "postgres", "-D", self.folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.owner,
                cwd=self.folder,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        """Wait for the first answer."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.server.poll() is None:
            try:
                self.admin().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")

    def admin(self) -> psycopg.Connection:
        """A connection that can make and drop databases."""
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        )

    def url(self, name: str) -> str:
        """The address of one database."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def postgresql_programs() -> Path:
    """The folder of the newest PostgreSQL server's programs; NoPostgreSQL when there is none."""
    installed = sorted(INSTALLED.glob("*/bin"), key=leading_number)
    on_path = shutil.which("initdb")
    folders = ([Path(on_path).parent] if on_path else []) + installed[::-1]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgreSQL("no PostgreSQL server is installed (on Debian: apt install postgresql)")


def leading_number(folder: Path) -> int:
    """The version in a path like /usr/lib/postgresql/15/bin."""
    digits = re.match(r"\d*", folder.parent.name)
    return int(digits[0]) if digits and digits[0] else 0


def server_version(programs: Path) -> int:
    """The major version, 15 of `postgres (PostgreSQL) 15.14`."""
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    number = re.search(r"\d+", said)
    assert number, said
    return int(number[0])


def unprivileged_user() -> str | None:
    """Whom to run the server as when we are root, whom it refuses."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
