"""Local clouds on 127.0.0.1: jobs started through the clouds' own APIs really run."""
