"""Where it comes from: SageMaker's training script and endpoint, as they stood before anything moved."""
