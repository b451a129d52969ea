"""How migrations run: on both engines, in one transaction, without losing child rows."""

import importlib
import pkgutil

from alembic import context
from flask import current_app
from sqlalchemy import Connection

import sosku_groups
from sosku_groups.core.tables import Base, UtcDateTime, is_compared

for feature in pkgutil.iter_modules(sosku_groups.__path__):
    if feature.ispkg:
        package = importlib.import_module(f"sosku_groups.{feature.name}")
        if any(module.name == "models" for module in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"sosku_groups.{feature.name}.models")


def render_item(kind: str, item: object, autogen_context: object) -> str | bool:
    """Write the project's own column types as plain ones: a migration stays what it was."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    """Run the migrations on one connection."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # Batch mode rebuilds tables: with foreign keys on, dropping the old one silently
        # deletes its children. The switch works only outside a transaction.
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
        render_item=render_item,
        include_object=lambda kept, *_: is_compared(connection.dialect.name, kept),
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            connection.exec_driver_sql("ROLLBACK")
            raise RuntimeError(f"rows without their parent after the migration: {broken[:5]}")


engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    run(connection)
    connection.commit()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.rollback()
engine.dispose()
