"""How far two samples of a feature are apart, as Vertex AI's model monitoring measures it."""

import math
from collections import Counter
from collections.abc import Sequence

BUCKETS = 10


def distance(base: Sequence[object], seen: Sequence[object]) -> float:
    """Jensen-Shannon divergence of numbers, the largest difference of shares of anything else.

    Between 0 (the same) and 1; numbers are counted in buckets of equal width over both samples.
    """
    numbers = [_number(value) for value in (*base, *seen)]
    if all(number is not None for number in numbers):
        known = [number for number in numbers if number is not None]
        return _jensen_shannon(known[: len(base)], known[len(base) :])
    shares = [_shares([str(value) for value in sample]) for sample in (base, seen)]
    names = shares[0].keys() | shares[1].keys()
    return max(abs(shares[0].get(name, 0.0) - shares[1].get(name, 0.0)) for name in names)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _shares(sample: Sequence[str]) -> dict[str, float]:
    return {name: count / len(sample) for name, count in Counter(sample).items()}


def _jensen_shannon(base: Sequence[float], seen: Sequence[float]) -> float:
    low, high = min(*base, *seen), max(*base, *seen)
    width = (high - low) / BUCKETS or 1.0

    def histogram(sample: Sequence[float]) -> list[float]:
        counts = Counter(min(int((value - low) / width), BUCKETS - 1) for value in sample)
        return [counts[bucket] / len(sample) for bucket in range(BUCKETS)]

    first, second = histogram(base), histogram(seen)
    middle = [(a + b) / 2 for a, b in zip(first, second, strict=True)]
    return (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2


def _relative_entropy(shares: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * math.log2(a / b) for a, b in zip(shares, other, strict=True) if a)
