"""The EKS component provider of the rehearsal: it registers the children that pulumi-eks 4.4 registers."""
