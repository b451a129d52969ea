"""The server starts, answers, ends quietly on Ctrl-C, and says in one sentence why it cannot."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

PROGRAM = Path(sys.executable).parent / "sosku-groups"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An installation of its own in an empty folder."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "INSTANCE_PATH": str(tmp_path / "instance")}


@contextmanager
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def free_port() -> int:
    """A port on which nobody listens."""
    with taken_port() as port:
        return port


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_told_in_one_sentence(
    command: str, environment: dict[str, str], tmp_path: Path
) -> None:
    with taken_port() as port:
        done = subprocess.run(
            [PROGRAM, command, "--port", str(port)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1, done.stderr
    (sentence,) = done.stderr.splitlines()
    assert str(port) in sentence


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_it_answers_and_ends_quietly(
    command: str, environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    server = subprocess.Popen(
        [PROGRAM, command, "--port", str(port)],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        answered = wait_for(f"http://127.0.0.1:{port}/health", server)
        server.send_signal(signal.SIGINT)
        said = server.communicate(timeout=30)[0]
    finally:
        # The workers too: one left behind would keep the pipe, and this test, open for ever.
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()
    assert answered, said
    assert "Traceback" not in said
    assert server.returncode in (0, 130), said


def wait_for(address: str, server: subprocess.Popen[str]) -> bool:
    """Whether the address answers while the server lives, within a minute and a half."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(address, timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            time.sleep(0.1)
    return False
