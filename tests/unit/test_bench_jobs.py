"""What the jobs' own time is taken from."""

from pathlib import Path

import pytest

from bench.job_times import busy_seconds, spans


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ([], 0),
        ([(10, 12), (20, 25)], 7),
        ([(11, 13), (10, 20), (19, 21)], 11),  # side by side counts once
        ([(0, 1), (1, 2)], 2),
    ],
)
def test_time_in_which_jobs_ran_side_by_side_counts_once(
    given: list[tuple[float, float]], seconds: float
) -> None:
    assert busy_seconds(given) == seconds


def test_each_job_of_the_sandbox_has_a_span_that_ends_with_its_last_file(tmp_path: Path) -> None:
    files = [tmp_path / "jobs" / place / "logs" / "out" for place in ("glue/a", "training/b")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text("ran")
    found = spans(tmp_path)
    assert found.keys() == {"glue/a", "training/b"}
    assert [end for _, end in found.values()] == [file.stat().st_ctime for file in files]
    assert all(start <= end for start, end in found.values())
