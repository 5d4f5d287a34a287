"""Right-sizing: which instances a load needs."""
