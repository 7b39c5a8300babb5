"""Resource providers that stand where the official plugins stand: same gRPC protocol, attached by port."""
