"""Reads code without running it: frameworks, data, secrets, GPUs, and whether a second run gives the same."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from ferry.assess.model import Secret

FRAMEWORKS = {
    "catboost", "cudf", "cuml", "cupy", "dask", "flax", "gensim", "jax", "keras", "lightgbm", "mlflow",
    "onnx", "onnxruntime", "paddleocr", "prophet", "pyspark", "pytorch_lightning", "ray", "sagemaker",
    "sentence_transformers", "sklearn", "spacy", "statsmodels", "surprise", "tensorflow", "torch",
    "transformers", "xgboost",
}  # fmt: skip
"""Modules whose import makes code machine learning."""

GPU_MODULES = {"cudf", "cuml", "cupy", "pycuda", "tensorrt"}
STORES = {
    "cassandra": "cassandra", "cx_Oracle": "oracle", "elasticsearch": "elasticsearch", "hdfs": "hdfs",
    "kafka": "kafka", "mysql": "mysql", "oracledb": "oracle", "psycopg": "postgres", "psycopg2": "postgres",
    "pymongo": "mongodb", "pymssql": "sql-server", "pymysql": "mysql", "pyodbc": "odbc",
    "redis": "redis", "redshift_connector": "redshift", "snowflake": "snowflake",
}  # fmt: skip
"""Client module to the store that it talks to."""

PERSONAL = {
    "address", "birth_date", "card_number", "date_of_birth", "dob", "email", "first_name", "iban",
    "last_name", "passport", "phone", "salary", "ssn", "surname",
}  # fmt: skip
"""Words that, as a name or a column, speak of a person."""

RANDOM = {"random", "numpy", "torch", "tensorflow", "sklearn"}
_SEEDING = {
    "seed",
    "manual_seed",
    "set_seed",
    "default_rng",
    "set_random_seed",
    "seed_everything",
    "RandomState",
}
_WRITING = re.compile(
    r"^(to_(csv|parquet|sql|json|pickle|feather)|put_object|upload_file|upload_fileobj|save\w*|dump|write\w*)$"
)
_URL = re.compile(
    r"\b(s3|s3a|s3n|gs|abfss?|hdfs|jdbc:[a-z]+|postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|mongodb(?:\+srv)?|rediss?|snowflake)"
    r"://([^\s'\"<>{}]+)"
)
_LOCAL = re.compile(r"^(/(home|Users|mnt|data|opt|nfs|srv|tmp)/|[A-Z]:\\|~/)")
_SECRET_NAME = re.compile(
    r"(?i)(passw(or)?d|passwd|pwd|secret|token|api_?key|access_?key|private_?key|credential)s?$"
)
_SECRET_NAME_OF_ANOTHER = re.compile(r"(?i)(name|path|file|arn|id|url|field|column|header|_env|tokenizer)$")
_FORMS = {
    "AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b"),
    "Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "password in a connection string": re.compile(r"\b[a-z][a-z0-9+.]*://[^\s:/@]+:(?![{$<%])[^\s:/@]+@"),
}
"""What a secret looks like whatever its name is; the publishers' own forms."""

_EMPTY = {"", "none", "null", "changeme", "xxx", "todo", "your-password", "password", "secret", "token"}
_SHORT = 4
_AWS_CLIENTS = {"s3", "dynamodb", "athena", "glue", "kinesis", "firehose", "sqs", "rds-data", "redshift-data"}


@dataclass
class Reading:
    """What a piece of code says about itself; lines count from 1."""

    frameworks: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    personal: set[str] = field(default_factory=set)
    secrets: list[Secret] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    gpus: int = 0
    lines: int = 0
    seeded: bool = False
    local: int = 0
    now: bool = False


def read(text: str, where: str) -> Reading:
    """What Python source says.

    Args:
        text: Python source.
        where: file, and for a notebook its cell; secrets are reported at ``where:line``.

    Raises:
        SyntaxError: it is not Python 3.
        ValueError: it holds a null byte.
        RecursionError: it is nested too deep.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other people's escapes
        tree = ast.parse(text)
    found = Reading(lines=sum(1 for line in text.splitlines() if line.strip()))
    found.secrets += by_form(text, where)
    nodes = _nodes(tree)
    docs, names = _docstrings(nodes), _names(nodes)
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _import(node, found)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
            _text(node.value, found)
        elif isinstance(node, ast.Call):
            _call(node, found, names)
        for name, value in _assigned(node):
            _name(name, value, where, found)
    found.secrets = _once(found.secrets)
    return found


def by_form(text: str, where: str) -> list[Secret]:
    """Secrets that are known by their form."""
    if not any(mark in text for mark in ("AKIA", "ASIA", "-----BEGIN", "gh", "xox", "hf_", "://")):
        return []
    return [
        Secret(f"{where}:{number}", kind)
        for number, line in enumerate(text.splitlines(), 1)
        for kind, form in _FORMS.items()
        if form.search(line)
    ]


def named_secret(name: str, value: str) -> bool:
    """Whether a value of this name is a secret in plain sight."""
    plain = value.strip().lower()
    return (
        bool(_SECRET_NAME.search(name))
        and not _SECRET_NAME_OF_ANOTHER.search(name)
        and len(plain) >= _SHORT
        and plain not in _EMPTY
        and not any(mark in value for mark in ("${", "{{", "<", "$(", " ", "arn:aws"))
    )


def sources(text: str) -> set[str]:
    """Data stores named by their address; without user, password and query."""
    found = set()
    for scheme, rest in _URL.findall(text):
        place = rest.rsplit("@", 1)[-1].split("?")[0].rstrip("/.,);")
        kind = {"s3a": "s3", "s3n": "s3"}.get(scheme, scheme)
        found.add(f"{kind}://{place}")
    return found


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """The nodes that say something; what only says "load" or "add" is most of a tree."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _TELLING):
            found.append(node)
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                waiting.append(value)
    return found


_TELLING = (
    ast.AnnAssign,
    ast.Assign,
    ast.AsyncFunctionDef,
    ast.Call,
    ast.ClassDef,
    ast.Constant,
    ast.Dict,
    ast.FunctionDef,
    ast.Import,
    ast.ImportFrom,
    ast.Module,
)


def _names(nodes: list[ast.AST]) -> dict[str, str]:
    """Names that are given one literal text, as far as a reader of one line sees."""
    return {
        target.id: _is_text(node.value)
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and _is_text(node.value)
    }


def _docstrings(nodes: list[ast.AST]) -> set[ast.AST]:
    return {
        node.body[0].value
        for node in nodes
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def _import(node: ast.Import | ast.ImportFrom, found: Reading) -> None:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [node.module or ""]
        if node.level:
            found.files |= {f"{alias.name}.py" for alias in node.names}
    for name in names:
        top = name.split(".")[0]
        found.modules.add(top)
        found.files.add(f"{name.split('.')[-1]}.py")
        if top in FRAMEWORKS:
            found.frameworks.add(top)
        if top in STORES:
            found.sources.add(STORES[top])
        if top in GPU_MODULES:
            found.gpus = 1


def _text(value: str, found: Reading) -> None:
    if "://" in value:
        found.sources |= sources(value)
    if _LOCAL.match(value):
        found.local += 1
    if value.lower() in PERSONAL:
        found.personal.add(value.lower())
    if value == "cuda" or value.startswith("cuda:"):
        found.gpus = 1
    if value.endswith((".py", ".ipynb")) and "/" not in value[-60:].rsplit("/", 1)[-1]:
        found.files.add(value.rsplit("/", 1)[-1])


def _call(node: ast.Call, found: Reading, names: dict[str, str]) -> None:
    name = _called(node.func)
    if name in _SEEDING and (node.args or node.keywords):
        found.seeded = True
    if name == "cuda":
        found.gpus = 1
    if name in {"now", "today", "utcnow"} and not node.keywords:
        found.now = True
    if name in {"client", "resource"} and node.args and _is_text(node.args[0]) in _AWS_CLIENTS:
        found.sources.add(f"aws:{_is_text(node.args[0])}")
    for keyword in node.keywords:
        if keyword.arg in {"random_state", "seed"} and isinstance(keyword.value, ast.Constant):
            found.seeded = True
        if keyword.arg in {"tree_method", "device", "task_type"}:
            found.gpus |= int(_is_text(keyword.value) in {"gpu_hist", "cuda", "GPU", "gpu"})
    if _WRITING.match(name):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        for value in given:
            text = names.get(value.id, "") if isinstance(value, ast.Name) else _is_text(value)
            found.writes |= sources(text)


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.expr) -> str:
    """The text of a literal; of a formatted one what comes before the first value."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.Constant]]:
    """Names that are given a literal: assignments, keywords, keys of dictionaries, defaults of a getenv."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        yield from ((_target(target), node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant):
        yield _target(node.target), node.value
    elif isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg and isinstance(keyword.value, ast.Constant):
                yield keyword.arg, keyword.value
        if _called(node.func) in {"get", "getenv", "setdefault"} and len(node.args) > 1:
            name, value = node.args[0], node.args[1]
            if isinstance(value, ast.Constant):
                yield _is_text(name), value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and isinstance(value, ast.Constant):
                yield _is_text(key), value


def _target(node: ast.expr) -> str:
    """The last name of what is assigned to: ``x``, ``a.x``, ``a["x"]``."""
    return _is_text(node.slice) if isinstance(node, ast.Subscript) else _called(node)


def _name(name: str, value: ast.Constant, where: str, found: Reading) -> None:
    if isinstance(value.value, str) and named_secret(name, value.value):
        found.secrets.append(Secret(f"{where}:{value.lineno}", "a literal password, token or key"))
    if name.lower() in PERSONAL:
        found.personal.add(name.lower())


def _once(secrets: list[Secret]) -> list[Secret]:
    """One for each line, in their order: the first, which is the more precise."""
    once = {secret.where: secret for secret in reversed(secrets)}
    return sorted(once.values(), key=lambda secret: int(secret.where.rpartition(":")[2]))
