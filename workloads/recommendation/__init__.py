"""What a customer may want next."""
