"""What an environment costs a month, before it is applied. Pure."""
