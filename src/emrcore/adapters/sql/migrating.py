"""Bringing the tables of a store to the schema of this version, all of it or nothing."""

import pathlib
import threading

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from emrcore.adapters.sql import fitness
from emrcore.adapters.sql.schema import SCHEMA
from emrcore.adapters.sql.transactions import Kept, Own

_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps what it works on in global variables
_SCRIPTS = pathlib.Path(__file__).parent / "migrations"


def migrate(bind: sa.Engine | sa.Connection) -> None:
    """Create or change the tables until they are those of this version.

    With an engine this is one transaction. With a connection it takes place in the host's, who
    commits it with what else the host does.

    Raises:
        Unfit: the schema is of a newer version, or a setting of the database loses commits.
        Conflict: somebody else is at it.
    """
    transactions = Kept(bind) if isinstance(bind, sa.Connection) else Own(bind)
    with _ONE_AT_A_TIME, transactions.writing(checked=False) as connection:
        fitness.check_settings(connection)
        fitness.check_not_newer(connection)
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, f"emrcore_{SCHEMA}")
