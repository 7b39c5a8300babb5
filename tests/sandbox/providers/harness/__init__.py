"""What provider tests share: a real engine with providers attached inside the test's own process."""
