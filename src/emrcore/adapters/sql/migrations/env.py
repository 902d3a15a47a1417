"""How Alembic runs the migrations: in the connection and the transaction it is given."""

from alembic import context

from emrcore.adapters.sql.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
