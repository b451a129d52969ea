"""Settings from the environment, with what a fresh machine needs by default."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Settings:
    """All that an installation can choose; see README for the meaning of each."""

    database_url: str
    secret_key: str
    instance_path: Path
    base_url: str = "http://127.0.0.1:8000"
    organiser_name: str = "Hyvinvointialue"
    demo: bool = False
    testing: bool = False
    behind_https: bool = False
    proxies: int = 0
    ticket_key: str = field(default="", repr=False)
    clock: Callable[[], datetime] = now
    # After so long without a touch a tablet's screen is locked; None: never.
    locks_after: timedelta | None = timedelta(minutes=15)
    # For tests alone: calendars of this very machine may be fetched, without a certificate.
    fetches_from_here: bool = False

    @property
    def ticket_secrets(self) -> tuple[str, ...]:
        """What ticket codes are sealed with: the first seals, each of them opens."""
        return (*self.ticket_key.split(), self.secret_key)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read DATABASE_URL, SECRET_KEY, TICKET_KEY, INSTANCE_PATH, BASE_URL, ORGANISER, PROXIES.

        SOSKU_DEMO is for the demo command to set: it shows everybody's sign-in names.

        Without DATABASE_URL the data lies in an SQLite file under the instance folder; without
        SECRET_KEY one is made once and kept there, readable by its owner alone.
        """
        env = os.environ if environment is None else environment
        instance = Path(env.get("INSTANCE_PATH") or Path.cwd() / "instance").resolve()
        url = env.get("DATABASE_URL") or f"sqlite:///{instance / 'sosku-groups.sqlite'}"
        base_url = (env.get("BASE_URL") or "http://127.0.0.1:8000").rstrip("/")
        return cls(
            database_url=url,
            secret_key=env.get("SECRET_KEY") or kept_secret(instance),
            instance_path=instance,
            base_url=base_url,
            organiser_name=env.get("ORGANISER") or "Hyvinvointialue",
            demo=env.get("SOSKU_DEMO") == "1",
            behind_https=base_url.startswith("https://"),
            proxies=int(env.get("PROXIES") or 0),
            ticket_key=env.get("TICKET_KEY") or "",
        )


def kept_secret(instance: Path) -> str:
    """The secret key under the instance folder, made at the first call."""
    instance.mkdir(parents=True, exist_ok=True)
    path = instance / "secret-key"
    if not path.exists():
        draft = instance / f"secret-key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # A link appears whole or not at all: two processes that start at once agree.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
