"""Compositions: the typed settings, and one module per cloud that wires its components."""
