"""The pack knows the instance types with local storage as well as the components do."""

from components.aws import instances
from policy import jobs


def test_local_storage_is_recognised_alike() -> None:
    known = {
        *instances._types("TrainingInstanceType"),
        *instances._types("ProductionVariantInstanceType"),
    }
    differing = [
        name for name in known if jobs.has_local_storage(name) != instances.has_local_storage(name)
    ]
    assert len(known) > 50
    assert differing == []
