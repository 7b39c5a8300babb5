"""For every backed type: inputs that make it, a change it takes in place, and how boto3 finds it."""

from __future__ import annotations

from tests.sandbox.providers.aws.sample import Sample
from tests.sandbox.providers.aws.samples import backups, clusters, identities, moves, networks, stores

SAMPLES: dict[str, Sample] = {
    **networks.SAMPLES,
    **identities.SAMPLES,
    **stores.SAMPLES,
    **clusters.SAMPLES,
    **backups.SAMPLES,
    **moves.SAMPLES,
}
