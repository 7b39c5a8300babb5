"""For every requirement, a one-line mutation of the program that a named test must notice."""
