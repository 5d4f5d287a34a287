"""Tags of the resources whose records live here; other resources' tags stay with moto."""

from collections.abc import Sequence
from typing import Any

from sandbox.aws.context import Call, Context
from sandbox.aws.sagemaker.records import Record, Records


class Tags:
    """AddTags, ListTags and DeleteTags by ARN."""

    def __init__(self, context: Context, kinds: Sequence[tuple[Records, str]]) -> None:
        """``kinds`` pairs the records with the field that holds their ARN."""
        self._kinds = kinds
        context.operation("sagemaker", "AddTags", self.add)
        context.operation("sagemaker", "ListTags", self.list_all)
        context.operation("sagemaker", "DeleteTags", self.delete)

    def _find(self, arn: str) -> tuple[Records, Record] | None:
        for records, field in self._kinds:
            for record in records.all():
                if record[field] == arn:
                    return records, record
        return None

    def add(self, call: Call) -> Any:
        found = self._find(call.params["ResourceArn"])
        if found is None:
            return call.original()
        records, record = found
        merged = {tag["Key"]: tag["Value"] for tag in record["Tags"]}
        merged |= {tag["Key"]: tag["Value"] for tag in call.params["Tags"]}
        tags = [{"Key": key, "Value": value} for key, value in merged.items()]
        records.update(record, Tags=tags)
        return {"Tags": tags}

    def list_all(self, call: Call) -> Any:
        found = self._find(call.params["ResourceArn"])
        return call.original() if found is None else {"Tags": found[1]["Tags"]}

    def delete(self, call: Call) -> Any:
        found = self._find(call.params["ResourceArn"])
        if found is None:
            return call.original()
        records, record = found
        kept = [tag for tag in record["Tags"] if tag["Key"] not in call.params["TagKeys"]]
        records.update(record, Tags=kept)
        return {}
