"""The Azure slice: the same nouns as on AWS, in the same files."""
