"""One module per part of AWS, each a few handlers: see :mod:`sandbox.providers.aws.handler`."""
