"""Serving the app over HTTP."""

import gc
import os
import socket

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.factory import create_app

MOST_WORKERS = 4


def application() -> Flask:
    """The app of one worker.

    What has been made so far lives as long as the process: freezing keeps the collector from
    walking through it in the middle of a large page.
    """
    app = create_app()
    gc.collect()
    gc.freeze()
    return app


def check_free(host: str, port: int) -> None:
    """Refuse a port that somebody else holds, or an address that is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Refused(
                sentence(
                    N_("{host}:{port} is not free. Choose another port with --port."),
                    host=host,
                    port=port,
                )
            ) from None


def serve(host: str, port: int) -> None:
    """Serve until stopped; one blocking thread a worker, so writers take turns by process."""
    check_free(host, port)
    Granian(
        "sosku_groups.serving:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=min(os.cpu_count() or 1, MOST_WORKERS),
        blocking_threads=1,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    ).serve()
