"""The AWS slice as component resources: one file, one noun."""
