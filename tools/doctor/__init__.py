"""What would stop a stack, found before anything is created, each with its remedy."""
