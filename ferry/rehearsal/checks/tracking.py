"""MLflow, judged: what was seen of its real servers on real Postgres, against what they promise (B1, A7)."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ferry.report.model import Check, Claim

DATABASE = Claim(
    "mlflow.database",
    "A7",
    "the Job gives MLflow a database user of its own, who is neither master nor superuser",
)
MIGRATED = Claim(
    "mlflow.migrated", "B1", "the migration Job gives both databases their tables before a server starts"
)
LOGGED = Claim(
    "mlflow.logged", "B1", "a run's artifact, logged through one server, is in S3, written by MLflow's role"
)
READ_BACK = Claim(
    "mlflow.read-back", "B1", "another server gives back run, artifact and alias, the first killed"
)
REFUSED = Claim("mlflow.refused", "B1", "without a right user and password nothing is given out")
ROTATED = Claim(
    "mlflow.rotated",
    "A7",
    "the database password rotated, a server starts again and uses the new one",
)
SECRET = Claim("mlflow.secret", "A7", "no password is in a manifest, in an argument or in Postgres' log")

UNAUTHORISED = 401
DATABASES = ("mlflow", "mlflow_auth")


@dataclass
class Seen:
    """What was seen. What a run did not come to stays as it is here, and fails its claim."""

    roles: Mapping[str, bool] = field(default_factory=dict)
    """Postgres' users that can log in: name → superuser."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Database → owner."""
    master: str = ""
    tables: Mapping[str, int] = field(default_factory=dict)
    """Database → tables right after the migration."""
    written: bytes = b""
    """What was logged as an artifact."""
    stored: bytes | None = None
    """What S3 has in its place."""
    writers: Sequence[str] = ()
    """Who wrote it, by AWS's own log."""
    role: str = ""
    """ARN of MLflow's role."""
    expected: Mapping[str, str] = field(default_factory=dict)
    """What was told to the first server: metric, version behind the alias, artifact."""
    given_back: Mapping[str, str] = field(default_factory=dict)
    """The same from another server, after the first was killed."""
    answers: Mapping[str, int] = field(default_factory=dict)
    """Who asked without a right → HTTP status."""
    users: tuple[str, str] = ("", "")
    """Postgres user of the server's connections before and after the rotation."""
    ended: int | None = None
    """Exit code of the server that ended for the rotation."""
    after: Mapping[str, str] = field(default_factory=dict)
    """As ``given_back``, after the rotation."""
    looked_at: int = 0
    """Texts searched for passwords."""
    spilled: Sequence[str] = ()
    """Where one was found."""


def judge(seen: Seen) -> list[Check]:
    """The claims."""
    return [
        DATABASE.none_of(_user_faults(seen)),
        MIGRATED.none_of(
            [f"{name} has no table" for name in ("mlflow", "mlflow_auth") if not seen.tables.get(name)]
        ),
        LOGGED.none_of(_store_faults(seen)),
        READ_BACK.none_of(_differences(seen.expected, seen.given_back)),
        REFUSED.none_of(_let_in(seen.answers)),
        ROTATED.none_of(_rotation_faults(seen)),
        SECRET.none_of(seen.spilled if seen.looked_at else ["nothing was searched"]),
    ]


def _user_faults(seen: Seen) -> list[str]:
    user = seen.users[0]
    faults = [f"{name} belongs to {owner}" for name, owner in seen.owners.items() if owner != "mlflow"]
    if not user or user == seen.master:
        faults.append(f"the server's connections are {user or 'nobody'}'s, the master is {seen.master}")
    if seen.roles.get(user, True):
        faults.append(f"{user or 'nobody'} is a superuser, or no user of Postgres")
    return faults if seen.owners else [*faults, "no database was found"]


def _store_faults(seen: Seen) -> list[str]:
    faults = [] if seen.stored == seen.written and seen.written else ["S3 has not what was logged"]
    if not any(_same_role(seen.role, writer) for writer in seen.writers):
        faults.append(f"written by {', '.join(seen.writers) or 'nobody'}, and not by {seen.role}")
    return faults


def _same_role(role: str, writer: str) -> bool:
    """Whether a principal is the role or a session of it."""
    name = role.rpartition("/")[2]
    return bool(name) and (writer == role or f":assumed-role/{name}/" in writer)


def _differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    wrong = [
        f"{key}: {found.get(key)!r}, not {value!r}"
        for key, value in expected.items()
        if found.get(key) != value
    ]
    return wrong if expected else ["nothing was logged"]


def _let_in(answers: Mapping[str, int]) -> list[str]:
    wrong = [f"{who}: HTTP {status}" for who, status in answers.items() if status != UNAUTHORISED]
    return wrong if answers else ["nobody asked"]


def _rotation_faults(seen: Seen) -> list[str]:
    before, after = seen.users
    faults = [] if seen.ended == 0 else [f"the server did not end for it (exit code {seen.ended})"]
    if not after or after == before:
        faults.append(f"its connections are still {before or 'nobody'}'s")
    return [*faults, *_differences(seen.expected, seen.after)]


def spilled(texts: Mapping[str, str], words: Collection[str]) -> list[str]:
    """Where a secret word stands in a text: its name, the line, and what is around it without the word."""
    found = []
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if any(word in line for word in words):
                found.append(f"{name}, line {number}: {_around(line, words)}")
    return found


def _around(line: str, words: Collection[str]) -> str:
    at = min(line.index(word) for word in words if word in line)
    masked = functools.reduce(lambda text, word: text.replace(word, "***"), sorted(words, key=len), line)
    return masked[max(0, at - 60) : at + 40]
