"""A cluster of PySpark on this machine: two executors, each a process with a memory of its own."""

import contextlib
import importlib
import os
import pathlib
import sys
import warnings
from collections.abc import Generator
from typing import Any

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "Asia/Vladivostok",
    "spark.log.level": "ERROR",
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
}
"""The zone is what moments are printed in, and must not matter; work waits for all executors."""


@contextlib.contextmanager
def cluster(folder: pathlib.Path, executors: int = 2) -> Generator[Any]:
    """A session on *executors* of one processor each; what they write goes into *folder*."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_WORKER_DIR"] = str(folder / "work")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas 3, which is not used with it
        builder = importlib.import_module("pyspark.sql").SparkSession.builder
        session = builder.master(f"local-cluster[{executors},1,1024]").appName("emrcore")
        for name, value in {**SETTINGS, "spark.local.dir": str(folder)}.items():
            session = session.config(name, value)
        started = session.getOrCreate()
    try:
        yield started
    finally:
        started.stop()


def frame(session: Any, table: Any, parts: int = 2) -> Any:
    """A frame of PySpark with the rows of an Arrow *table*, in so many *parts*."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return session.createDataFrame(table).repartition(parts)


def ids(shown: Any) -> list[str]:
    """The ids in a frame of PySpark, which promises no order."""
    return sorted(row[0] for row in shown.select("id").collect())
