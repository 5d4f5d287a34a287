"""Data keys from AWS KMS: boto3 with its own credentials, and AWS_ENDPOINT_URL where it is set."""

import re
from collections.abc import Mapping
from typing import Any

from .errors import EncryptionError, KeyRefused, KeyServiceError, NotAuthentic
from .keys import DATA_KEY_BYTES, DataKey, WrappedKey

_ARN = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(?:key|alias)/[A-Za-z0-9/_-]+")
# What KMS answers when the ciphertext is another key's, or its encryption context differs:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
_NOT_AUTHENTIC = {"InvalidCiphertextException", "IncorrectKeyException"}


class AwsKey:
    """A symmetric key by its ARN or its alias's ARN; the context is KMS's encryption context."""

    algorithm = "AWS KMS SYMMETRIC_DEFAULT"

    def __init__(self, arn: str) -> None:
        match = _ARN.fullmatch(arn)
        if match is None:
            raise EncryptionError(
                f"{arn!r} is no key of AWS KMS: expected arn:aws:kms:REGION:ACCOUNT:key/ID"
            )
        self._arn, self._region = arn, match[1]

    def new_data_key(self, context: Mapping[str, str]) -> DataKey:
        answer = self._call(
            "generate_data_key", NumberOfBytes=DATA_KEY_BYTES, EncryptionContext=dict(context)
        )
        return DataKey(answer["Plaintext"], self._wrapped(answer))

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        answer = self._call("encrypt", Plaintext=data_key, EncryptionContext=dict(context))
        return self._wrapped(answer)

    def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        plain: bytes = self._call(
            "decrypt", CiphertextBlob=wrapped.wrapped, EncryptionContext=dict(context)
        )["Plaintext"]
        return plain

    def _wrapped(self, answer: Any) -> WrappedKey:
        # KMS answers with the key's own ARN where an alias was given: aliases may move.
        return WrappedKey(answer["KeyId"], self.algorithm, answer["CiphertextBlob"])

    def _call(self, operation: str, **given: Any) -> Any:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = boto3.client("kms", region_name=self._region)
            return getattr(client, operation)(KeyId=self._arn, **given)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _NOT_AUTHENTIC:
                raise NotAuthentic(
                    f"AWS KMS: {self._arn} did not wrap this data key for this context ({code})"
                ) from None
            message = error.response["Error"].get("Message", "")
            kind = KeyRefused if code == "AccessDeniedException" else KeyServiceError
            raise kind(
                f"AWS KMS refuses {operation} with {self._arn}: {code}: {message}; check that the "
                "key is enabled and that this identity may use it"
            ) from None
        except BotoCoreError as error:
            raise KeyServiceError(
                f"AWS KMS in {self._region} cannot be asked: {error}; check credentials and network"
            ) from None
