"""What is asked of GCP."""
