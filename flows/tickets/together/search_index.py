"""Finding words anywhere in a text, Chinese ones of two characters too, among hundreds of thousands of texts.

PostgreSQL: a GIN index over pairs of neighbouring characters. (pg_trgm would need three characters, and
most Chinese words have two; full-text search would need to know where a Chinese word begins.) SQLite:
FTS5 with its trigram tokeniser; shorter words are looked up as beginnings of its trigrams.

The database keeps both itself, by triggers. They are put in place after every migration and not by one,
because SQLite makes a table anew when a migration changes it and drops its triggers with it.
"""

from django.db import connections
from django.db.models import Lookup, TextField

SHORTEST_TRIGRAM = 3
SHORTEST_PAIR = 2

# On SQLite the last characters of a text begin trigrams of their own only when something follows them.
ENDING = "char(10) || char(10)"
LAST_CHARACTER = chr(0x10FFFF)

# What is indexed: (table, its key).
TEXTS = (("together_ticketwords", "ticket_id"), ("together_comment", "id"))

# The title is made of the text, mostly.
WORDS = "CASE WHEN {has} > 0 THEN {row}.text ELSE {row}.title || '\n' || {row}.text END"

POSTGRESQL = [
    r"""
    CREATE OR REPLACE FUNCTION tangram_pairs(written text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(DISTINCT pair) FILTER (WHERE length(pair) = 2), '{}') FROM (
            SELECT one || lead(one) OVER (ORDER BY place) AS pair
            FROM unnest(string_to_array(lower(written), NULL)) WITH ORDINALITY AS letters(one, place)
        ) AS pairs
    $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION together_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO together_ticketwords (ticket_id, text)
        VALUES (NEW.id, {WORDS.format(has="position(NEW.title in NEW.text)", row="NEW")})
        ON CONFLICT (ticket_id) DO UPDATE SET text = excluded.text;
        RETURN NULL;
    END $$
    """,
]
POSTGRESQL_INDEXES = {
    f"{table}_pairs": f"CREATE INDEX {table}_pairs ON {table} USING gin (tangram_pairs(text))"
    for table, _key in TEXTS
}
POSTGRESQL_TRIGGERS = {
    "together_words_of_new": """
        CREATE TRIGGER together_words_of_new AFTER INSERT ON tickets_ticket
        FOR EACH ROW EXECUTE FUNCTION together_keep_words()
    """,
    "together_words_of_changed": """
        CREATE TRIGGER together_words_of_changed AFTER UPDATE OF title, text ON tickets_ticket
        FOR EACH ROW WHEN (OLD.title <> NEW.title OR OLD.text <> NEW.text)
        EXECUTE FUNCTION together_keep_words()
    """,
}
FILL = """
    INSERT INTO together_ticketwords (ticket_id, text)
    SELECT id, {words} FROM tickets_ticket AS ticket
    WHERE NOT EXISTS (SELECT 1 FROM together_ticketwords WHERE ticket_id = ticket.id)
"""


def sqlite_triggers() -> dict[str, str]:
    keep = f"""
        INSERT INTO together_ticketwords (ticket_id, text)
        VALUES (NEW.id, {WORDS.format(has="instr(NEW.text, NEW.title)", row="NEW")})
        ON CONFLICT (ticket_id) DO UPDATE SET text = excluded.text;
    """
    triggers = {
        "together_words_of_new": f"AFTER INSERT ON tickets_ticket BEGIN {keep} END",
        "together_words_of_changed": f"""AFTER UPDATE OF title, text ON tickets_ticket
            WHEN OLD.title <> NEW.title OR OLD.text <> NEW.text BEGIN {keep} END""",
    }
    for table, key in TEXTS:
        fts = f"{table}_fts"
        add = f"INSERT INTO {fts} (rowid, text) VALUES (NEW.{key}, NEW.text || {ENDING});"
        drop = f"INSERT INTO {fts} ({fts}, rowid, text) VALUES ('delete', OLD.{key}, OLD.text || {ENDING});"
        triggers |= {
            f"{fts}_added": f"AFTER INSERT ON {table} BEGIN {add} END",
            f"{fts}_gone": f"AFTER DELETE ON {table} BEGIN {drop} END",
            f"{fts}_changed": f"AFTER UPDATE OF text ON {table} BEGIN {drop} {add} END",
        }
    return triggers


def keep_index(*, using="default", **kwargs) -> None:
    """Receives post_migrate: whatever is missing is made, and what was not indexed meanwhile is."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    if not {"tickets_ticket", *(table for table, _key in TEXTS)} <= there:
        return
    with connection.cursor() as cursor:
        {"postgresql": keep_on_postgresql, "sqlite": keep_on_sqlite}[connection.vendor](cursor)


def keep_on_postgresql(cursor) -> None:
    for statement in POSTGRESQL:
        cursor.execute(statement)
    cursor.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'tickets_ticket'::regclass"
        " UNION ALL SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
    )
    there = {name for (name,) in cursor.fetchall()}
    for name, statement in (POSTGRESQL_INDEXES | POSTGRESQL_TRIGGERS).items():
        if name not in there:
            cursor.execute(statement)
    cursor.execute(FILL.format(words=WORDS.format(has="position(ticket.title in ticket.text)", row="ticket")))


def keep_on_sqlite(cursor) -> None:
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    there = {name for (name,) in cursor.fetchall()}
    triggers = sqlite_triggers()
    for table, key in TEXTS:
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {table}_fts USING fts5"
            f"(text, content='{table}', content_rowid='{key}', tokenize='trigram')"
        )
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {table}_trigrams USING fts5vocab({table}_fts, instance)"
        )
    for name, body in triggers.items():
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"CREATE TRIGGER {name} {body}")
    cursor.execute(FILL.format(words=WORDS.format(has="instr(ticket.text, ticket.title)", row="ticket")))
    if not triggers.keys() <= there:
        for table, key in TEXTS:
            cursor.execute(f"INSERT INTO {table}_fts ({table}_fts) VALUES ('delete-all')")
            cursor.execute(
                f"INSERT INTO {table}_fts (rowid, text) SELECT {key}, text || {ENDING} FROM {table}"
            )


@TextField.register_lookup
class Holds(Lookup):
    """`text__holds="蛋糕"`: these characters stand in it, in either case. For the indexed texts only."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_postgresql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        like = f"%{connection.ops.prep_for_like_query(self.rhs)}%"
        if len(self.rhs) < SHORTEST_PAIR:
            return f"{column} ILIKE %s", [*params, like]
        sql = f"({column} ILIKE %s AND tangram_pairs({column}) @> tangram_pairs(%s))"
        return sql, [*params, like, *params, self.rhs]

    def as_sqlite(self, compiler, connection):
        model = self.lhs.target.model
        quote = connection.ops.quote_name
        key = f"{quote(self.lhs.alias)}.{quote(model._meta.pk.column)}"
        table = model._meta.db_table
        if len(self.rhs) < SHORTEST_TRIGRAM:
            begins = self.rhs.lower()
            terms = [begins, begins + LAST_CHARACTER]
            return f"{key} IN (SELECT doc FROM {table}_trigrams WHERE term >= %s AND term < %s)", terms
        phrase = '"' + self.rhs.replace('"', '""') + '"'
        return f"{key} IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH %s)", [phrase]
