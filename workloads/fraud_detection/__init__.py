"""Whether a card payment is fraudulent."""
