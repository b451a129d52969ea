#!/usr/bin/env python3
"""Set the service up in .venv, then run it.

    python3 run.py                the demo at http://127.0.0.1:8000
    python3 run.py ARGS...        sosku-groups ARGS...
    python3 run.py test [ARGS...] all tests (ARGS go to pytest)
    python3 run.py check-code     ruff, mypy, djlint and the import contracts
    python3 run.py bench [ARGS]   benchmarks: ratios against bare apps, measured side by side
    python3 run.py nightly        the state machine, the races and the kills, at full length
    python3 run.py planted [WORD] bugs planted one at a time, and which test sees each

Only the standard library is used, and no syntax newer than Python 2.7: an old Python must get as
far as the sentence which says that it is too old.
"""

import hashlib
import os
import subprocess
import sys

OLDEST_PYTHON = (3, 11)
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PROGRAMS = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
STAMP = os.path.join(VENV, "installed")

TEST = ["pytest", "--numprocesses=auto", "--dist=worksteal"]
CHECKS = [
    ["ruff", "check", "."],
    ["mypy"],
    ["djlint", "templates", "--lint", "--quiet"],
    ["lint-imports", "--no-logo"],
]
DEVELOPER_COMMANDS = ("test", "check-code", "bench", "nightly", "planted")
# More than 50,000 steps of the state machine on each engine.
NIGHT = {"MODEL_RUNS": "1000", "RACES": "500", "KILLS": "200"}

NO_NETWORK = (
    "Connection refused",
    "Failed to establish a new connection",
    "Name or service not known",
    "Network is unreachable",
    "No route to host",
    "ProxyError",
    "Temporary failure in name resolution",
    "getaddrinfo failed",
    "nodename nor servname",
    "timed out",
)


class Refused(Exception):
    """The set-up cannot go on; the message is one sentence for a person."""


def main(arguments):
    """Set up what the command needs, then become that command."""
    try:
        require_python(sys.version_info)
        command = arguments[0] if arguments else "demo"
        developer = command in DEVELOPER_COMMANDS
        set_up(developer)
        if developer:
            os.chdir(ROOT)
        if command == "check-code":
            return check_code()
        if developer:
            return become(words_for(command, arguments[1:]))
        return become(["sosku-groups"] + (arguments or ["demo"]))
    except Refused as refusal:
        sys.stderr.write("%s\n" % refusal)
        return 1
    except KeyboardInterrupt:
        return 130


def words_for(command, arguments):
    """Give the program of a developer's command with its words."""
    if command == "nightly":
        os.environ.update(NIGHT)
    return {
        "test": TEST,
        "nightly": TEST + ["tests/model", "-rP"],
        "planted": ["python", "-m", "tests.planted"],
        "bench": ["python", "-m", "tests.bench"],
    }[command] + arguments


def require_python(version):
    """Refuse a Python older than the service needs."""
    if tuple(version[:2]) < OLDEST_PYTHON:
        raise Refused(
            "Python %d.%d or newer is needed, and this is Python %d.%d."
            % (OLDEST_PYTHON + tuple(version[:2]))
        )


def set_up(developer):
    """Make .venv and install the project where either is missing or older than pyproject.toml."""
    if installed_for() in (("developer",) if developer else ("developer", "runtime")):
        return
    made = works(program("python"), "import pip")
    if not made:
        require_venv()
    say("Setting up in .venv; this takes about a minute and is done once.")
    if not made:
        make_venv()
    # What was once installed for a developer stays so, or each start would undo the other.
    developer = developer or works(program("python"), "import pytest")
    install(".[dev]" if developer else ".")
    with open(STAMP, "w") as stamp:
        stamp.write("%s %s\n" % (fingerprint(), "developer" if developer else "runtime"))


def installed_for():
    """Tell for whom .venv is up to date: "developer", "runtime", or None when it is not."""
    try:
        with open(STAMP) as stamp:
            made_from, audience = stamp.read().split()
    except (IOError, ValueError):
        return None
    return audience if made_from == fingerprint() else None


def fingerprint():
    """Change whenever the project's needs, its place or the Python below .venv change."""
    python = os.path.realpath(program("python"))
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as project:
        text = project.read()
    return hashlib.sha256(text + ("\n%s\n%s" % (ROOT, python)).encode("utf-8")).hexdigest()


def require_venv():
    """Refuse a Python without its venv module, which Debian packs apart."""
    if not works(sys.executable, "import ensurepip, venv"):
        raise Refused(
            "Python's venv module is missing: install it first "
            "(on Debian and Ubuntu: apt install python3-venv)."
        )


def make_venv():
    """Make an empty .venv in place of a missing or broken one."""
    status, output = run([sys.executable, "-m", "venv", "--clear", VENV])
    if status:
        raise Refused("The folder .venv could not be made: %s" % last_line(output))


def install(what):
    """Install the project and what it needs from the package index."""
    options = ["--quiet", "--disable-pip-version-check", "--retries", "2"]
    status, output = run(
        [program("python"), "-m", "pip", "install"] + options + ["--editable", what]
    )
    if status and any(sign in output for sign in NO_NETWORK):
        raise Refused(
            "The packages could not be fetched: there is no network connection to the package "
            "index. Connect and run the same command again."
        )
    if status:
        sys.stderr.write(output)
        raise Refused("The packages could not be installed; pip's own words stand above.")


def check_code():
    """Run every checker, also after one has complained."""
    failed = []
    for command in CHECKS:
        say("$ " + " ".join(command))
        if subprocess.call([program(command[0])] + command[1:]):
            failed.append(command[0])
    say("Not in order: %s." % ", ".join(failed) if failed else "All in order.")
    return 1 if failed else 0


def become(command):
    """Run a program of .venv in this one's place: signals and exit status are its own."""
    words = [program(command[0])] + command[1:]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        return subprocess.call(words)
    return os.execv(words[0], words)


def program(name):
    """Give the path of a program in .venv."""
    return os.path.join(PROGRAMS, name + (".exe" if os.name == "nt" else ""))


def works(python, statement):
    """Tell whether that Python exists and can run the statement."""
    try:
        return run([python, "-c", statement])[0] == 0
    except OSError:
        return False


def run(command):
    """Run a command quietly; give its exit status and all it said."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0].decode("utf-8", "replace")
    return process.returncode, output


def last_line(output):
    """Give the last line that says anything."""
    lines = output.strip().splitlines()
    return lines[-1] if lines else "no reason was given."


def say(sentence):
    """Tell the person at the terminal what goes on."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
