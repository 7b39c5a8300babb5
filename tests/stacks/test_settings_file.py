"""What only the file can show: keys given twice, secrets, names that no program reads, a file that is none.

This tier proves the answers of ``load_file`` and of ``load`` to things that are not values of settings.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.settings import SettingsError, example, load, load_file
from stacks.settings.explaining import shown
from stacks.settings.model import Settings
from tests.stacks.conftest import as_engine, stack_file, tree_of
from tests.stacks.schema import paths


def written(directory: Path, text: str, name: str = "Pulumi.dev.yaml") -> Path:
    path = directory / name
    path.write_text(text)
    return path


def refused(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_file(path)
    return caught.value


def test_a_key_given_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    text = (
        stack_file("dev")
        .read_text()
        .replace("  ferry:region: us-east-1\n", "  ferry:region: us-east-1\n" * 2)
    )
    error = refused(written(tmp_path, text))
    assert 'the key "ferry:region" is given twice' in str(error)
    assert error.mistakes[0].key.startswith("Pulumi.dev.yaml:")


def test_a_secure_value_is_refused_and_told_where_secrets_live(tmp_path: Path) -> None:
    text = (
        stack_file("dev")
        .read_text()
        .replace("  ferry:owner: ml-platform@example.com", "  ferry:owner:\n    secure: AAABAK")
    )
    error = refused(written(tmp_path, text))
    assert [mistake.key for mistake in error.mistakes] == ["ferry:owner"]
    assert "Secrets Manager" in str(error)
    assert "AAABAK" not in str(error)


def test_a_secure_value_deep_in_a_section_is_refused(tmp_path: Path) -> None:
    text = stack_file("dev").read_text().replace("token_version: 1", "token_version: {secure: AAABAK}")
    error = refused(written(tmp_path, text))
    assert [mistake.key for mistake in error.mistakes] == ["ferry:redis"]


def test_a_value_that_the_engine_decrypted_is_refused() -> None:
    with pytest.raises(SettingsError, match="holds a secure value") as caught:
        load("dev", as_engine(tree_of("dev")), secret_keys=["ferry:redis"])
    assert [mistake.key for mistake in caught.value.mistakes] == ["ferry:redis"]


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    assert "cannot be read (No such file" in str(refused(tmp_path / "Pulumi.dev.yaml"))


@pytest.mark.parametrize("text", ["", "[]", "config: 3", "config:\n"])
def test_a_file_without_configuration_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    assert 'has no mapping "config"' in str(refused(written(tmp_path, text)))


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "config:\n  ferry:region: [us-east-1\n"))
    assert error.mistakes[0].key == "Pulumi.dev.yaml:3"


def test_a_strange_key_of_the_file_is_refused(tmp_path: Path) -> None:
    error = refused(written(tmp_path, stack_file("dev").read_text() + "\nconfg: {}\n"))
    assert [mistake.key for mistake in error.mistakes] == ["confg"]


def test_what_the_engine_writes_into_the_file_is_taken(tmp_path: Path) -> None:
    text = stack_file("dev").read_text() + "\nencryptionsalt: v1:abc\nsecretsprovider: awskms://alias/x\n"
    assert load_file(written(tmp_path, text)).environment == "dev"


def test_another_file_name_is_refused(tmp_path: Path) -> None:
    assert "Pulumi.dev.yaml" in str(refused(written(tmp_path, "config: {}", "settings.yaml")))


def test_an_unknown_environment_is_refused_and_the_rest_still_judged() -> None:
    config = as_engine(tree_of("dev")) | {"ferry:region": "mars-1"}
    with pytest.raises(SettingsError) as caught:
        load("production", config)
    assert [mistake.key for mistake in caught.value.mistakes] == ["stack", "ferry:region"]
    assert "dev, staging, prod" in str(caught.value)


def test_an_unquoted_account_number_is_taken_as_its_digits(tmp_path: Path) -> None:
    """The engine, too, hands an unquoted number to the program as text."""
    text = (
        stack_file("dev").read_text().replace('ferry:account: "123456789012"', "ferry:account: 123456789012")
    )
    assert load_file(written(tmp_path, text)).account == "123456789012"


@pytest.mark.parametrize("key", ["aws:region", "aws:defaultTags"])
def test_a_providers_key_that_would_do_nothing_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match="does nothing") as caught:
        load("dev", as_engine(tree_of("dev")) | {key: "us-east-1"})
    assert [mistake.key for mistake in caught.value.mistakes] == [key]


def test_a_key_without_namespace_is_refused() -> None:
    with pytest.raises(SettingsError, match=r'did you mean "ferry:region"\?'):
        load("dev", as_engine(tree_of("dev")) | {"region": "us-east-1"})


def test_the_example_that_messages_show_is_right_itself() -> None:
    settings = load(example.ENVIRONMENT, as_engine(example.DOCUMENT))
    assert settings.environment == example.ENVIRONMENT


def test_every_key_has_an_example() -> None:
    """Each key of the schema, at every depth, so that no message is without one."""
    without = [path for path in paths(Settings) if example.value_at(path) is None]
    assert without == [("environment",)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "empty"),
        (True, "true (a yes or no)"),
        (3, "the number 3"),
        ("x", 'the text "x"'),
        ([], "a list"),
    ],
)
def test_a_wrong_value_is_said_with_its_kind(value: object, words: str) -> None:
    assert shown(value) == words


@pytest.mark.parametrize(
    ("written_as", "said"),
    [
        ("no", 'the text "no"'),
        ("on", 'the text "on"'),
        ("12:30", 'the text "12:30"'),
        ("2026-01-01", 'the text "2026-01-01"'),
        ("1", "the number 1"),
        ("~", "empty"),
        ("", "empty"),
        ("1.0", "the number 1.0"),
        ("[no]", "a list"),
    ],
)
def test_words_are_read_as_the_engine_reads_them(tmp_path: Path, written_as: str, said: str) -> None:
    """YAML 1.2, as the engine has it: ``no`` is a word, and a date is text."""
    text = stack_file("dev").read_text().replace("multi_az: false", f"multi_az: {written_as}", 1)
    (mistake,) = refused(written(tmp_path, text)).mistakes
    assert mistake.key == "ferry:postgres.multi_az"
    assert f"is {said}; wanted is true or false" in mistake.fact


def test_bytes_that_are_no_text_are_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(b"config:\n  ferry:owner: \xff\xfe\n")
    assert "not YAML as Ferry reads it" in str(refused(path))
    path.write_bytes(b"config:\n  ferry:owner: \x01\n")
    assert "not YAML as Ferry reads it" in str(refused(path))


def test_a_key_that_is_a_list_is_no_traceback(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "config:\n  ? [a, b]\n  : 1\n"))
    assert "not YAML as Ferry reads it" in str(error)
