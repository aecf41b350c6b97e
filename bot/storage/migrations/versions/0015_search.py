"""Tickets, messages, notes and names are found by their words: what is searched follows its row by triggers, in the
same transaction. On SQLite the words are in FTS5, on PostgreSQL in a tsvector with the same words.

``search_entry`` names the row that is searched; its id, in the order in which things were written, is that of its words
in ``search_words``. A message is searched once its turn is taken: what comes in waits for no index."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


class _Source(NamedTuple):
    """``words``: what of the row ``{}`` is searched, NULL for nothing. ``more``: what is added to them from other
    tables; ``but`` changes when that does."""

    kind: str
    table: str
    at: str
    columns: str
    words: str
    more: str = ""
    but: str = ""


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("kind", "source_id", name=op.f("uq_search_entry_kind")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _on_sqlite() if sqlite else _on_postgresql():
        # Not as text(): the colons of a character class are no parameters.
        op.get_bind().exec_driver_sql(statement)


def _sources(count: str, told: str, recorded: str) -> tuple[_Source, ...]:
    """``count``: a ticket's number without year and zeros. ``told``, ``recorded``: what an event keeps under these
    names."""
    return (
        _Source(
            "ticket",
            "ticket",
            "created_at",
            "number, subject, summary, solution, person_id",
            f"{{0}}.number || ' ' || {count} || ' ' || {{0}}.subject || ' ' || {{0}}.summary || ' ' ||"
            " coalesce({0}.solution, '')",
            " || ' ' || coalesce((SELECT name FROM person WHERE id = {0}.person_id), '')",
            "person_id",
        ),
        _Source(
            "event",
            "ticket_event",
            "at",
            "kind, data",
            "CASE WHEN {0}.kind IN ('noted', 'recorded', 'message')"
            f" THEN nullif(coalesce({told}, {recorded}), '') END",
        ),
        _Source(
            "inbox",
            "inbox_message",
            "received_at",
            "status, kind, text",
            "CASE WHEN {0}.status <> 'pending' AND {0}.kind IN ('message', 'edited') THEN nullif({0}.text, '') END",
        ),
        _Source(
            "outbox",
            "outbox_message",
            "created_at",
            "status, text",
            "CASE WHEN {0}.status <> 'dropped' THEN nullif({0}.text, '') END",
        ),
        _Source("handle", "handle", "created_at", "display_name", "nullif({0}.display_name, '')"),
    )


def _all_there_is(sources: tuple[_Source, ...], words: str) -> list[str]:
    """What is there already, in the order in which it was written. ``words``: how the text ``{}`` is kept."""
    rows = " UNION ALL ".join(
        f"SELECT '{s.kind}' AS kind, r.id AS id, r.{s.at} AS at FROM {s.table} r"
        f" WHERE {s.words.format('r')} IS NOT NULL"
        for s in sources
    )
    return [
        f"INSERT INTO search_entry (kind, source_id) SELECT kind, id FROM ({rows}) AS rows ORDER BY at, kind, id",
        *(
            f"INSERT INTO search_words (rowid, words) SELECT e.id, {words.format((s.words + s.more).format('r'))}"
            f" FROM search_entry e JOIN {s.table} r ON r.id = e.source_id WHERE e.kind = '{s.kind}' ORDER BY e.id"
            for s in sources
        ),
    ]


def _on_sqlite() -> list[str]:
    sources = _sources(
        "ltrim(substr({0}.number, instr({0}.number, '-') + 6), '0')",
        "json_extract({0}.data, '$.text')",
        "json_extract({0}.data, '$.record')",
    )
    # What FTS5 forgets it must be told word for word, so it keeps the words itself.
    made = [
        "CREATE VIRTUAL TABLE search_words USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2')",
        *_all_there_is(sources, "{}"),
    ]
    for s in sources:
        made += _triggers_of_sqlite(s)
    ticket = sources[0]
    words = (ticket.words + ticket.more).format("ticket")
    made.append(
        f"""CREATE TRIGGER search_person_renamed AFTER UPDATE OF name ON person WHEN OLD.name IS NOT NEW.name BEGIN
        UPDATE search_words SET words = (
            SELECT {words} FROM search_entry JOIN ticket ON ticket.id = search_entry.source_id
            WHERE search_entry.id = search_words.rowid
        ) WHERE rowid IN (
            SELECT search_entry.id FROM ticket JOIN search_entry
            ON search_entry.kind = 'ticket' AND search_entry.source_id = ticket.id WHERE ticket.person_id = NEW.id
        );
        END"""
    )
    return made


def _triggers_of_sqlite(s: _Source) -> list[str]:
    old, new = s.words.format("OLD"), s.words.format("NEW")
    mine = f"kind = '{s.kind}' AND source_id ="
    words_gone = f"DELETE FROM search_words WHERE rowid = (SELECT id FROM search_entry WHERE {mine} OLD.id);"
    written = f"""INSERT INTO search_words (rowid, words)
            SELECT id, {(s.words + s.more).format("NEW")} FROM search_entry WHERE {mine} NEW.id"""
    but = f" OR OLD.{s.but} IS NOT NEW.{s.but}" if s.but else ""
    return [
        f"""CREATE TRIGGER search_{s.kind}_added AFTER INSERT ON {s.table} WHEN {new} IS NOT NULL BEGIN
        INSERT INTO search_entry (kind, source_id) VALUES ('{s.kind}', NEW.id);
        {written};
        END""",
        f"""CREATE TRIGGER search_{s.kind}_changed AFTER UPDATE OF {s.columns} ON {s.table}
        WHEN {old} IS NOT {new}{but} BEGIN
        {words_gone}
        DELETE FROM search_entry WHERE {mine} OLD.id AND {new} IS NULL;
        INSERT INTO search_entry (kind, source_id) SELECT '{s.kind}', NEW.id
            WHERE {new} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM search_entry WHERE {mine} NEW.id);
        {written} AND {new} IS NOT NULL;
        END""",
        f"""CREATE TRIGGER search_{s.kind}_gone AFTER DELETE ON {s.table} BEGIN
        {words_gone}
        DELETE FROM search_entry WHERE {mine} OLD.id;
        END""",
    ]


def _on_postgresql() -> list[str]:
    sources = _sources("ltrim(split_part({0}.number, '-', 3), '0')", "{0}.data ->> 'text'", "{0}.data ->> 'record'")
    made = [
        "CREATE TABLE search_words (rowid integer PRIMARY KEY, words tsvector NOT NULL)",
        # The parser of to_tsvector keeps addresses, numbers with signs and words with hyphens whole, FTS5 does not.
        r"""CREATE FUNCTION search_words_of(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
        SELECT array_to_tsvector(ARRAY(
            SELECT DISTINCT left(word, 64) FROM regexp_split_to_table(
                lower(regexp_replace(normalize(said, NFD), '[\u0300-\u036f]+', '', 'g')), '[^[:alnum:]]+'
            ) AS word WHERE word <> ''
        )) $$""",
        """CREATE FUNCTION search_put(of_kind text, of_id integer, said text) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE entry integer;
        BEGIN
            IF said IS NULL THEN
                DELETE FROM search_entry WHERE kind = of_kind AND source_id = of_id RETURNING id INTO entry;
                DELETE FROM search_words WHERE rowid = entry;
                RETURN;
            END IF;
            INSERT INTO search_entry (kind, source_id) SELECT of_kind, of_id
                WHERE NOT EXISTS (SELECT 1 FROM search_entry WHERE kind = of_kind AND source_id = of_id)
                RETURNING id INTO entry;
            IF entry IS NULL THEN
                SELECT id INTO entry FROM search_entry WHERE kind = of_kind AND source_id = of_id;
            END IF;
            INSERT INTO search_words (rowid, words) VALUES (entry, search_words_of(said))
                ON CONFLICT (rowid) DO UPDATE SET words = EXCLUDED.words;
        END $$""",
        *_all_there_is(sources, "search_words_of({})"),
        # Written into the index at once: what waits in its list is read by every search.
        "CREATE INDEX ix_search_words_words ON search_words USING gin (words) WITH (fastupdate = off)",
    ]
    for s in sources:
        made += _triggers_of_postgresql(s)
    ticket = sources[0]
    words = (ticket.words + ticket.more).format("ticket")
    # A ticket that is just being opened or changed is waited for: it was written with the name of before.
    made += [
        f"""CREATE FUNCTION search_person_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM FROM person WHERE id = NEW.id FOR UPDATE;
            PERFORM FROM ticket WHERE person_id = NEW.id ORDER BY id FOR UPDATE;
            PERFORM search_put('ticket', ticket.id, {words}) FROM ticket WHERE person_id = NEW.id;
            RETURN NULL;
        END $$""",
        """CREATE TRIGGER search_person_renamed AFTER UPDATE OF name ON person FOR EACH ROW
        WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION search_person_renamed()""",
    ]
    return made


def _triggers_of_postgresql(s: _Source) -> list[str]:
    old, new = s.words.format("OLD"), s.words.format("NEW")
    but = f" OR OLD.{s.but} <> NEW.{s.but}" if s.but else ""
    name = f"search_{s.kind}"
    then = f"FOR EACH ROW WHEN ({{}}) EXECUTE FUNCTION {name}()"
    return [
        f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                PERFORM search_put('{s.kind}', OLD.id, NULL);
            ELSE
                PERFORM search_put('{s.kind}', NEW.id, {(s.words + s.more).format("NEW")});
            END IF;
            RETURN NULL;
        END $$""",
        f"CREATE TRIGGER {name}_added AFTER INSERT ON {s.table} {then.format(f'{new} IS NOT NULL')}",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE OF {s.columns} ON {s.table}"
        f" {then.format(f'{old} IS DISTINCT FROM {new}{but}')}",
        f"CREATE TRIGGER {name}_gone AFTER DELETE ON {s.table} {then.format(f'{old} IS NOT NULL')}",
    ]
