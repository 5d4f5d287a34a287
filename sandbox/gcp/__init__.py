"""The sandbox's GCP: one server on 127.0.0.1 that speaks Google's own REST APIs."""
