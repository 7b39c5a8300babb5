"""Run by the Python that has parliament on its path: documents in, findings out, both as JSON."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """``{name: document}`` on standard input; ``[[name, issue, detail]]`` on standard output."""
    import parliament  # noqa: PLC0415 - lies in a site of its own, see tools/judges

    found = [
        [name, finding.issue, str(finding.detail)]
        for name, text in json.load(sys.stdin).items()
        for finding in parliament.analyze_policy_string(text).findings
    ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
