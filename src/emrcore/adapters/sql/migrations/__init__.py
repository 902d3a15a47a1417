"""What Alembic runs to bring the tables to the newest schema."""
