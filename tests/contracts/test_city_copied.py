"""The simulated city, read by PostgreSQL's COPY into the tables of the library."""

import sqlalchemy as sa

from emrcore.adapters.sql.rows import version_of
from emrcore.adapters.sql.schema import documents
from emrcore.testing.city import COPY, City, cards, copy_text


def test_a_copied_city_is_the_city(postgres: sa.Engine) -> None:
    """What COPY has read are the documents that the city has as objects."""
    city, told = City(cards=300), list[tuple[int, int]]()
    with postgres.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy(COPY) as copy:
            for text in copy_text(city, progress=lambda done, of: told.append((done, of))):
                copy.write(text)
    with postgres.connect() as connection:
        rows = connection.execute(sa.select(documents)).mappings()
        found = {row["id"]: (row["number"], row["dated"], version_of(row)) for row in rows}
    made = {one.id: (1, one.dated, one) for house in cards(city) for one in house.documents}
    assert told == [(1, 1)]
    assert found == made
