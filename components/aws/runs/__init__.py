"""AWS: jobs, endpoint swaps and other things that have to wait, on boto3."""
