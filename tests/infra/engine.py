"""The program run against the SDK's mocks, as the tests of components use it."""

from sandbox.rendering import ACCOUNT, ISSUER, SECRET_TOKEN, TOKEN, Made, Registered, policy, run

__all__ = ["ACCOUNT", "ISSUER", "SECRET_TOKEN", "TOKEN", "Made", "Registered", "policy", "run"]
