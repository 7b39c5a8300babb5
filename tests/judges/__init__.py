"""Judges that somebody else wrote, over what the program makes (E3, E8)."""
