"""What other clouds take from the AWS slice."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Source:
    """The raw table in this slice's lake, for another cloud to fetch."""

    region: str
    bucket_name: pulumi.Output[str]
    raw_table_uri: pulumi.Output[str]
    key_id: pulumi.Output[str]
    """ARN of the KMS key that it is encrypted with."""
    provider: pulumi.ProviderResource
    tags: Mapping[str, str]
