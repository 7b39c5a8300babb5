"""Where and when: typed settings, and the layers that wire components for one environment."""
