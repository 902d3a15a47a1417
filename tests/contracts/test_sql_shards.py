"""One statement needs one shard, so the tables can be spread over servers, and then work there."""

import contextlib
import re
from collections.abc import Generator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

import servers
from emrcore.adapters.sql import SCHEMA, VERSION_TABLE, SqlStorage, metadata, migrate, viewing
from emrcore.adapters.sql import statements as st
from emrcore.ports import Batch, Fate, Storage
from emrcore.testing.contracts import StorageContract
from emrcore.testing.contracts.cards import card, views
from emrcore.testing.contracts.examples import (
    CARD,
    DAY,
    KEY,
    NOW,
    PATIENT,
    entry,
    item,
    write,
)

SERVERS = 3
OVER_ALL_SHARDS = {"DUE", "WAITING", "HEADS", "HEADS_AFTER"}
"""Where workers look for what is to be done, whosever it is: to be sent, attended to, sealed."""

_POSTGRES: sa.Dialect = sa.make_url("postgresql+psycopg://").get_dialect()()


def statements() -> dict[str, sa.ClauseElement]:
    found = {name: one for name, one in vars(st).items() if isinstance(one, sa.Executable)}
    allowed = views()["self"].in_force()
    found |= {"count": viewing.count(allowed), "one": viewing.one(allowed)}
    for in_section in (False, True):
        for resumed in (False, True):
            made = viewing.page(allowed, in_section=in_section, resumed=resumed)
            found[f"page {in_section} {resumed}"] = made
    return {name: one for name, one in found.items() if isinstance(one, sa.ClauseElement)}


@pytest.mark.parametrize("name", sorted(statements().keys() - OVER_ALL_SHARDS))
def test_a_statement_names_one_shard(name: str) -> None:
    """By equality, outside of every OR; and asks the server for no value and no judgement."""
    made = str(statements()[name].compile(dialect=_POSTGRES))
    assert not re.search(r"ON CONFLICT|nextval|DEFAULT|now\(\)|random", made, re.IGNORECASE)
    if made.startswith("INSERT"):
        assert re.search(r"\((shard_kind, shard_id|patient|id, source, patient)", made)
        return
    _, condition = made.split("WHERE ", 1)
    first = r"emrcore_\w+\.(patient = %|shard_kind = %\S+ AND emrcore_\w+\.shard_id = %)"
    assert re.search(first, condition.partition(" OR ")[0]), condition
    assert made.count("SELECT") <= 1


def test_no_more_statements_are_over_all_shards() -> None:
    """Each such statement costs a question to every server."""
    assert statements().keys() >= OVER_ALL_SHARDS


# -- Over three servers ----------------------------------------------------------------------------


def spread(coordinator: sa.Connection, workers: list[sa.URL]) -> None:
    """Make the tables of *coordinator* hash partitions that lie in *workers*."""
    run = coordinator.exec_driver_sql
    for number, url in enumerate(workers):
        run(f"""CREATE SERVER worker_{number} FOREIGN DATA WRAPPER postgres_fdw
                OPTIONS (host '{url.query["host"]}', dbname 'postgres')""")
        run(
            f"CREATE USER MAPPING FOR CURRENT_USER SERVER worker_{number} OPTIONS (user 'postgres')"
        )
    for table in metadata.tables.values():
        key = "patient" if "patient" in table.c else "shard_id"  # one hash: a card is in one place
        columns = ", ".join(
            str(sa.schema.CreateColumn(column).compile(dialect=_POSTGRES))
            for column in table.columns
        )
        run(f"CREATE TABLE {table.name} ({columns}) PARTITION BY HASH ({key})")
        for number in range(len(workers)):
            run(f"""CREATE FOREIGN TABLE {table.name}_{number} PARTITION OF {table.name}
                    FOR VALUES WITH (MODULUS {len(workers)}, REMAINDER {number})
                    SERVER worker_{number}
                    OPTIONS (schema_name 'public', table_name '{table.name}')""")
    run(f"CREATE TABLE {VERSION_TABLE} AS SELECT 'emrcore_{SCHEMA}' AS version_num")


@pytest.fixture(scope="module")
def worker_engines() -> Generator[list[sa.Engine]]:
    """Three servers with the tables."""
    with contextlib.ExitStack() as stack:
        engines = [
            sa.create_engine(stack.enter_context(servers.own_postgres())) for _ in range(SERVERS)
        ]
        for engine in engines:
            migrate(engine)
        yield engines
        for engine in engines:
            engine.dispose()


@pytest.fixture(scope="module")
def coordinator(postgres_url: str, worker_engines: list[sa.Engine]) -> Generator[sa.Engine]:
    """A fourth one that keeps nothing itself."""
    with servers.schema(postgres_url) as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public")
            spread(connection, [one.url for one in worker_engines])
        yield engine
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP EXTENSION postgres_fdw CASCADE")
        engine.dispose()


@pytest.fixture
def spread_out(coordinator: sa.Engine, worker_engines: list[sa.Engine]) -> sa.Engine:
    """The coordinator, over empty tables."""
    for engine in worker_engines:
        with engine.begin() as connection:
            for table in metadata.tables.values():
                connection.execute(table.delete())
    return coordinator


class TestSpreadOut(StorageContract):
    rounds = 5
    threads = 8

    @pytest.fixture
    def storage(self, spread_out: sa.Engine) -> Storage:
        return SqlStorage(spread_out)


def test_a_card_is_asked_of_one_server(spread_out: sa.Engine) -> None:
    """Whatever is read or changed of it: the plan has one foreign scan, or one foreign update."""
    asked: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:
        asked.append((call[2], call[3]))

    storage, view = SqlStorage(spread_out), views()["self"]
    event.listen(spread_out, "before_cursor_execute", note)
    storage.add(PATIENT, card()[:20], entry())
    write(storage, KEY)
    write(storage, KEY, version=1)
    storage.commit(Batch(shard=CARD, expect={KEY: 2}, outbox=(item("1"),)))
    storage.find(CARD, "application")
    storage.links(CARD)
    storage.page(view, cursor=storage.page(view, size=1).cursor)
    storage.count(view)
    storage.get(view, "clinic", "1")
    (leased,) = storage.lease(at=NOW, until=NOW + DAY, limit=1)
    assert storage.settle(leased, Fate.SENT)
    event.remove(spread_out, "before_cursor_execute", note)
    own = [one for one in asked if re.match("SELECT emrcore_(?!schema|outbox)|UPDATE", one[0])]
    assert len({statement for statement, _ in own}) >= 10
    for statement, bound in own:
        with spread_out.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", _one(bound)).scalars().all()
        places = re.findall(r"Foreign (?:Scan|Update) on (\w+)", "\n".join(plan))
        assert len(set(places)) == 1, plan


def _one(bound: Any) -> Any:
    return next(iter(bound)) if isinstance(bound, list) else bound  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def test_a_card_lies_on_one_server(spread_out: sa.Engine, worker_engines: list[sa.Engine]) -> None:
    """Its documents, states, messages and journal, which are committed together."""
    storage = SqlStorage(spread_out)
    storage.add(PATIENT, card()[:1], entry())
    write(storage, KEY)
    storage.commit(Batch(shard=CARD, expect={}, outbox=(item("1"),)))
    there: list[bool | None] = []
    for engine in worker_engines:
        with engine.connect() as connection:
            found = [
                connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in metadata.tables.values()
            ]
        there.append(all(found) if any(found) else None)
    assert sorted(there, key=str) == [None, None, True]
