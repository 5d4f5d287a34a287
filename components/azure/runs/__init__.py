"""Azure: jobs, releases and other things that have to wait, over Azure's REST APIs."""
