"""A line needs its client's row; PostgreSQL asks a closing list's lines together for grounds."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What a line refers to and nobody can change or remove: it has to be there when the line is
# written, and is then there for good. A payee names its list and its client.
GROUNDS = {
    # One pass over each, whatever the planner expects: a list's payees are as new as its lines.
    "payee": (
        "SELECT list_id, client_id FROM fresh EXCEPT SELECT list_id, client_id FROM payee"
        " WHERE list_id = ANY (ARRAY(SELECT DISTINCT list_id FROM fresh))"
    ),
    "mark_change": (
        "SELECT 1 FROM fresh AS line WHERE line.mark_change_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM mark_change WHERE mark_change.id = line.mark_change_id)"
    ),
    "policy": (
        "SELECT 1 FROM (SELECT DISTINCT policy_id FROM fresh WHERE policy_id IS NOT NULL) AS line"
        " WHERE NOT EXISTS (SELECT 1 FROM policy WHERE policy.id = line.policy_id)"
    ),
}
# The references in whose place that is asked.
KEYS = {
    "list_id": "month_list",
    "client_id": "client",
    "mark_change_id": "mark_change",
    "policy_id": "policy",
}
ROWS_OF_A_LIST = ("list_line", "payee")
FROZEN = "RAISE EXCEPTION 'a closed list is frozen' USING ERRCODE = 'restrict_violation'"


def upgrade() -> None:
    """Ask once a statement, not once a row: a list may have half a million lines."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER list_line_payee BEFORE INSERT ON list_line WHEN NOT EXISTS "
            "(SELECT 1 FROM payee WHERE payee.list_id = NEW.list_id "
            "AND payee.client_id = NEW.client_id) "
            "BEGIN SELECT RAISE(ABORT, 'a line refers to no payee'); END"
        )
        return
    checks = " ".join(
        f"IF EXISTS ({lacks}) THEN RAISE EXCEPTION 'a line refers to no {table}'"
        " USING ERRCODE = 'foreign_key_violation'; END IF;"
        for table, lacks in GROUNDS.items()
    )
    op.execute(
        "CREATE FUNCTION list_line_grounds() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {checks} RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER list_line_grounds AFTER INSERT ON list_line "
        "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION list_line_grounds()"
    )
    for column in KEYS:
        op.drop_constraint(op.f(f"fk_list_line_{column}"), "list_line", type_="foreignkey")
    keep_sealed_by_statement()
    press_files("lz4")


def downgrade() -> None:
    """Ask for each row again."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER list_line_payee")
        return
    press_files("default")
    keep_sealed_by_row()
    for column, table in KEYS.items():
        name = op.f(f"fk_list_line_{column}")
        op.create_foreign_key(name, "list_line", table, [column], ["id"])
    op.execute("DROP TRIGGER list_line_grounds ON list_line")
    op.execute("DROP FUNCTION list_line_grounds()")


def press_files(method: str) -> None:
    """Press new files quicker, where the server was built to."""
    known = (
        "SELECT 1 FROM pg_settings"
        " WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)"
    )
    if op.get_bind().exec_driver_sql(known).first():
        op.execute(f"ALTER TABLE list_file ALTER content SET COMPRESSION {method}")


def keep_sealed_by_statement() -> None:
    """A closed list takes no more rows: asked of all new ones together."""
    drop_sealed()
    op.execute(
        "CREATE FUNCTION keep_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF EXISTS (SELECT 1 FROM list_file WHERE list_file.list_id IN "
        f"(SELECT fresh.list_id FROM fresh)) THEN {FROZEN}; END IF; RETURN NULL; END $$"
    )
    for table in ROWS_OF_A_LIST:
        op.execute(
            f"CREATE TRIGGER {table}_sealed AFTER INSERT ON {table} "
            "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION keep_sealed()"
        )


def keep_sealed_by_row() -> None:
    """The same, asked of each new row as it comes."""
    drop_sealed()
    op.execute(
        "CREATE FUNCTION keep_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF EXISTS (SELECT 1 FROM list_file WHERE list_file.list_id = NEW.list_id) "
        f"THEN {FROZEN}; END IF; RETURN NEW; END $$"
    )
    for table in ROWS_OF_A_LIST:
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_sealed()"
        )


def drop_sealed() -> None:
    """Ask nothing."""
    for table in ROWS_OF_A_LIST:
        op.execute(f"DROP TRIGGER {table}_sealed ON {table}")
    op.execute("DROP FUNCTION keep_sealed()")
