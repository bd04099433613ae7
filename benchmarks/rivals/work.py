"""What the rivals' databases hold: the least that the same durable work needs."""

SCHEMA = """
CREATE TABLE rival_receipt (bot_id bigint, update_id bigint, received_at timestamptz NOT NULL,
    PRIMARY KEY (bot_id, update_id));
CREATE TABLE rival_topic (bot_id bigint PRIMARY KEY, title text NOT NULL);
CREATE TABLE rival_note (id bigserial PRIMARY KEY, bot_id bigint NOT NULL REFERENCES rival_topic,
    user_id bigint NOT NULL, text text NOT NULL);
CREATE TABLE rival_lottery (id bigint PRIMARY KEY, bot_id bigint NOT NULL, state text NOT NULL,
    ends_at timestamptz NOT NULL, entry_count int NOT NULL DEFAULT 0);
CREATE TABLE rival_entry (id bigserial PRIMARY KEY,
    lottery_id bigint NOT NULL REFERENCES rival_lottery, user_id bigint NOT NULL,
    joined_at timestamptz NOT NULL, UNIQUE (lottery_id, user_id));
"""
RECEIPT = (
    "INSERT INTO rival_receipt (bot_id, update_id, received_at) VALUES ({}, {}, now())"
    " ON CONFLICT DO NOTHING RETURNING update_id"
)
TOPIC = "SELECT title FROM rival_topic WHERE bot_id = {}"
NOTE = "INSERT INTO rival_note (bot_id, user_id, text) VALUES ({}, {}, {})"
LOTTERY = (
    "SELECT entry_count FROM rival_lottery"
    " WHERE id = {} AND bot_id = {} AND state = 'open' AND ends_at > now()"
)
ENTRY = (
    "INSERT INTO rival_entry (lottery_id, user_id, joined_at) VALUES ({}, {}, now())"
    " ON CONFLICT DO NOTHING"
)


def asyncpg_sql(sql: str) -> str:
    """Return the statement with PostgreSQL's own placeholders ($1, $2, …)."""
    return sql.format(*(f"${number}" for number in range(1, sql.count("{}") + 1)))


def psycopg_sql(sql: str) -> str:
    """Return the statement with psycopg's placeholders."""
    return sql.replace("{}", "%s")
