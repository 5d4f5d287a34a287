"""What the sandbox adds to moto's S3."""
