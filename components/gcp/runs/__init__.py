"""GCP: pipeline runs, transfers and other things that have to wait, over Google's REST APIs."""
