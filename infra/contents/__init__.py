"""What others publish as kustomizations: locked file by file, patched by us, applied as single objects."""
