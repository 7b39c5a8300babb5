"""Who should hear of which campaign."""
