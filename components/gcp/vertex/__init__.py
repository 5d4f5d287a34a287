"""Vertex AI resources that the provider ``gcp`` lacks: jobs, models and deployments."""
