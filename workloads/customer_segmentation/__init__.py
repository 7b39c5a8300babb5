"""To which group a customer belongs."""
