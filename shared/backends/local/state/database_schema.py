"""The tables of the database file, and how an older file becomes a current one."""

from __future__ import annotations

APPLICATION_ID = 0x576B7772  # "Wkwr", so that another program's file is not taken for ours

# One entry per version of the file; `user_version` is how many of them it has seen. Entries are only ever appended.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # `token` is that of the last commit; `next_check` is in microseconds and NULL once nothing can happen any more
        """CREATE TABLE runs (
            tenant TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, token TEXT NOT NULL,
            status TEXT NOT NULL, opened_at INTEGER NOT NULL, next_check INTEGER, body TEXT NOT NULL,
            PRIMARY KEY (tenant, id))""",
        "CREATE INDEX runs_newest ON runs (tenant, opened_at, id)",
        "CREATE INDEX runs_due ON runs (next_check) WHERE next_check IS NOT NULL",
        """CREATE TABLE events (
            tenant TEXT NOT NULL, run TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (tenant, run, seq)) WITHOUT ROWID""",
        # AUTOINCREMENT: a document deleted and written again has another `row`, so its old version never matches
        """CREATE TABLE docs (
            row INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (tenant, kind, id))""",
        """CREATE TABLE texts (
            tenant TEXT NOT NULL, ref TEXT NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (tenant, ref, part))""",
        """CREATE TABLE usage (
            tenant TEXT NOT NULL, day TEXT NOT NULL, tokens INTEGER NOT NULL, micros INTEGER NOT NULL,
            PRIMARY KEY (tenant, day)) WITHOUT ROWID""",
        """CREATE TABLE audit (
            tenant TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (tenant, seq)) WITHOUT ROWID""",
        # a task with `dead_at` is a dead letter; times are in microseconds
        """CREATE TABLE tasks (
            tenant TEXT NOT NULL, id TEXT NOT NULL, due INTEGER NOT NULL, deliveries INTEGER NOT NULL,
            dead_at INTEGER, reason TEXT, body TEXT NOT NULL,
            PRIMARY KEY (tenant, id)) WITHOUT ROWID""",
        # ids handed to `enqueue` and remembered beyond their delivery
        """CREATE TABLE taken (
            tenant TEXT NOT NULL, id TEXT NOT NULL, until INTEGER NOT NULL,
            PRIMARY KEY (tenant, id)) WITHOUT ROWID""",
        "CREATE INDEX taken_until ON taken (until)",
    ),
    (
        # deliveries that ended with their worker's death; `deliveries` counts the answered ones from here on
        "ALTER TABLE tasks ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0",
    ),
    (
        # the chain of the audit; entries from before have the number 0 in it
        "ALTER TABLE audit ADD COLUMN number INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE audit ADD COLUMN previous TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE audit_heads (
            tenant TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID""",
    ),
)
