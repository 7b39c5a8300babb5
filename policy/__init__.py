"""Rules that judge what is about to be applied. Nothing is built here yet."""
