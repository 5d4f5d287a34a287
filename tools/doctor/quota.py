"""A quota against what is wanted of it."""

from collections.abc import Callable

from tools.doctor.finding import Finding, fail, ok, warn


def judged(
    name: str,
    limit: int,
    least: int,
    most: int,
    *,
    place: str,
    remedy: Callable[[int], str],
    used: int = 0,
) -> Finding:
    """What a limit means for a stack.

    limit:  what may be used at once; below 0 it is unlimited.
    least:  what `up` needs.
    most:   what scaling out and a release beside the old model need.
    used:   of the limit by others.
    remedy: what to do to have a number.
    """
    if limit < 0:
        return ok(f"{name}: {most} wanted, no limit", place)
    if limit < least:
        return fail(f"{name}: {least} wanted, the limit is {limit}", place, remedy(most))
    if limit - used < least:
        text = f"{name}: {least} wanted, {used} of {limit} are in use"
        return warn(text, place, f"end what holds them; or {remedy(used + most)}")
    if limit < most:
        text = (
            f"{name}: enough for `up` ({least} of {limit}), not for {most}: everything scaled out, "
            "or a new model beside the old one"
        )
        return warn(text, place, remedy(most))
    return ok(f"{name}: {most} at most, the limit is {limit}", place)
