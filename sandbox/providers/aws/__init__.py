"""The emulated AWS provider: pulumi-aws's types and behaviour over what answers at ``AWS_ENDPOINT_URL``."""
