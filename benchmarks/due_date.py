"""What freezing the calendar buys: a due date in five working days, against `holidays` itself.

    python benchmarks/due_date.py

Compares the answers for every day of 2015 to 2027 (in 2014 `holidays` errs on a day), then prints
how long one takes when the filings of a year are answered, and the ratios.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable, Sequence

import holidays

from emrcore.calendar import Counting, deadline, russian_calendar

ROUNDS = 41
WORKING_DAYS = 5
ONE_DAY = dt.timedelta(days=1)
FIRST = dt.date(2015, 1, 1)
COMPARED = [FIRST + n * ONE_DAY for n in range((dt.date(2027, 12, 20) - FIRST).days)]
FILED = [day for day in COMPARED if day.year == 2021]
LIBRARY = holidays.country_holidays("RU", years=range(2013, 2028))
FROZEN = russian_calendar("standard")


def frozen(filed: Sequence[dt.date]) -> list[dt.date]:
    """Ask the frozen calendar."""
    due = FROZEN.nth_working_day_after
    return [due(day, WORKING_DAYS) for day in filed]


def loop(filed: Sequence[dt.date]) -> list[dt.date]:
    """Step day by day over `holidays` as quickly as one can, working Saturdays included."""
    moved = LIBRARY.weekend_workdays
    answers: list[dt.date] = []
    for filed_on in filed:
        day, left = filed_on, WORKING_DAYS
        while left:
            day += ONE_DAY
            if (day.weekday() < 5 and day not in LIBRARY) or day in moved:
                left -= 1
        answers.append(day)
    return answers


def library(filed: Sequence[dt.date]) -> list[dt.date]:
    """Ask `holidays` for the n-th working day."""
    due = LIBRARY.get_nth_working_day
    return [due(day, WORKING_DAYS) for day in filed]


def receipts(filed: Sequence[dt.date]) -> list[dt.date | None]:
    """Make the whole deadline, receipt included."""
    return [
        deadline(
            dt.datetime.combine(day, dt.time(9), dt.UTC),
            working_days=WORKING_DAYS,
            calendar=FROZEN,
            counting=Counting.A,
            zone="Europe/Moscow",
        ).due_on
        for day in filed
    ]


Task = Callable[[Sequence[dt.date]], Sequence[dt.date | None]]
TASKS: dict[str, tuple[Task, int]] = {
    "WorkingCalendar.nth_working_day_after": (frozen, 50),
    "loop over holidays": (loop, 5),
    "holidays.get_nth_working_day": (library, 2),
    "deadline() with its receipt": (receipts, 1),
}
"""What is measured, and how many times in a row, so that each takes some milliseconds a round."""


def nanoseconds(task: Task, passes: int) -> float:
    """How long one answer takes."""
    begun = time.perf_counter_ns()
    for _ in range(passes):
        task(FILED)
    return (time.perf_counter_ns() - begun) / passes / len(FILED)


def main() -> None:
    """Compare, measure in interleaved rounds, print the medians and the ratios."""
    answers = [task(COMPARED) for task, _ in TASKS.values()]
    assert all(answer == answers[0] for answer in answers), "they disagree"
    rounds = [[nanoseconds(*task) for task in TASKS.values()] for _ in range(ROUNDS)]
    medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
    print(f"due date in {WORKING_DAYS} working days, median of {ROUNDS} interleaved rounds")
    for name, median in zip(TASKS, medians, strict=True):
        print(f"{name:37} {median:7.0f} ns {median / medians[0]:7.1f} x")


if __name__ == "__main__":
    main()
