"""The drill: a real crossing on one machine, tried again and again, with everything that can go wrong."""
