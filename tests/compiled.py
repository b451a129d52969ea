"""What each app compiles for itself, compiled once for the thousand apps of a test run."""

from collections.abc import Callable
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """Compiled templates by name and source: a changed template is another one."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what an earlier app has compiled."""
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the next app."""
        assert bucket.code
        self.kept[bucket.key, bucket.checksum] = bucket.code


def compiled_once(patch: pytest.MonkeyPatch) -> None:
    """Keep the functions that build addresses: they hang on the rule's own words alone."""
    compile_builder = Rule._compile_builder
    kept: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults = tuple(sorted((rule.defaults or {}).items()))
        words = (rule.rule, tuple(rule._trace), defaults, append_unknown)
        if words not in kept:
            kept[words] = compile_builder(rule, append_unknown)
        return kept[words]

    patch.setattr(Rule, "_compile_builder", once)


def translated_once(patch: pytest.MonkeyPatch) -> None:
    """Keep the SQL of statements: the engines of all apps share what those of one app share."""
    make = SQLAlchemy._make_engine
    dialects: dict[str, Dialect] = {}
    statements: LRUCache[Any, Any] = LRUCache(20_000)

    def made(self: SQLAlchemy, bind: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine = make(self, bind, options, app)
        name = engine.dialect.name
        engine._compiled_cache = statements
        if name in dialects:
            engine.dialect = engine.pool._dialect = dialects[name]
        else:
            # What the dialect is to know of the server it asks at the first connection.
            event.listen(engine, "connect", lambda *_: dialects.setdefault(name, engine.dialect))
        return engine

    patch.setattr(SQLAlchemy, "_make_engine", made)
