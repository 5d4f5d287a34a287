"""What the sandbox adds to CloudWatch Logs."""

from sandbox.aws.logs.operations import install

__all__ = ["install"]
