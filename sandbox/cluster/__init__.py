"""Stand-ins for what AWS, or a chart's pods, would do in and around the cluster.

They see only what anybody sees: objects in the API server and answers of the emulated AWS. What each
simulates is written to ``<state>/simulated.json``.

Releases. A chart whose pods matter is recognised by its Helm release, stored exactly as Helm stores it (a
Secret of type ``helm.sh/release.v1``). When the stand-ins have done what the chart's objects and pods would
have done, they annotate that Secret with :data:`HANDLED` = ``true``, or with :data:`FAILED` and a sentence.
Whoever installs a release without Helm waits for one of the two; charts that no stand-in knows are marked
as handled at once.
"""

HANDLED = "rehearsal.ferry/handled"
FAILED = "rehearsal.ferry/failed"
