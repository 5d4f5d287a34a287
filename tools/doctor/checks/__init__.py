"""What is checked without asking any cloud."""
