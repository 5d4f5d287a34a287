"""Component resources, one folder per cloud, and what the clouds share."""
