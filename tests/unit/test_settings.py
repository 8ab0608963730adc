"""Settings: which source wins, and that no error repeats a value."""

from __future__ import annotations

import io
import logging
import sys
import traceback
from pathlib import Path

import pytest

from explorer.errors import SettingsError
from explorer.settings import DEFAULT_BASE_URL, Settings, configure_logging, load_settings

CANARY = "sk_live_canary0123456789"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write_secrets(tmp_path, text: str) -> None:
    folder = tmp_path / ".streamlit"
    folder.mkdir()
    (folder / "secrets.toml").write_text(text, encoding="utf-8")


def test_defaults_hold_when_nothing_is_set():
    found = load_settings()
    assert found.callcov_api_key is None
    assert found.callcov_token is None
    assert found.callcov_base_url == DEFAULT_BASE_URL
    assert found.explorer_allow_http is False
    assert found.explorer_share_key is False
    assert found.explorer_log == "WARNING"
    assert found.explorer_transcripts == "drop"


@pytest.mark.parametrize("text", [None, ""], ids=["unset", "empty"])
def test_store_is_in_the_users_own_folder_when_none_is_set(text, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    monkeypatch.delenv("EXPLORER_STORE", raising=False)
    if text is not None:
        monkeypatch.setenv("EXPLORER_STORE", text)
    found = load_settings().explorer_store
    assert found.is_absolute()
    assert found.name == "callcov-explorer"
    assert sys.platform != "linux" or found == tmp_path / "own" / "callcov-explorer"


@pytest.mark.parametrize("name", ["CALLCOV_API_KEY", "callcov_api_key", "Callcov_Api_Key"])
def test_secrets_file_counts_when_its_names_have_any_case(name, tmp_path):
    write_secrets(tmp_path, f'{name} = "from_file"\n[theme]\nbase = "dark"\n')
    assert load_settings().callcov_api_key.get_secret_value() == "from_file"


def test_environment_wins_when_both_are_set(tmp_path, monkeypatch):
    write_secrets(tmp_path, 'CALLCOV_API_KEY = "from_file"\nEXPLORER_LOG = "ERROR"\n')
    monkeypatch.setenv("CALLCOV_API_KEY", "from_environment")
    found = load_settings()
    assert found.callcov_api_key.get_secret_value() == "from_environment"
    assert found.explorer_log == "ERROR"


@pytest.mark.parametrize("in_file", [True, False], ids=["file_goes_on", "default_goes_on"])
def test_variable_is_unset_when_empty(in_file, tmp_path, monkeypatch):
    if in_file:
        write_secrets(tmp_path, 'CALLCOV_API_KEY = "from_file"\n')
    monkeypatch.setenv("CALLCOV_API_KEY", "")
    monkeypatch.setenv("CALLCOV_BASE_URL", "")
    monkeypatch.setenv("EXPLORER_LOG", "")
    found = load_settings()
    assert found.callcov_base_url == DEFAULT_BASE_URL
    assert found.explorer_log == "WARNING"
    key = found.callcov_api_key
    assert (key.get_secret_value() if key else None) == ("from_file" if in_file else None)


def test_value_in_the_file_is_unset_when_empty(tmp_path):
    write_secrets(tmp_path, 'CALLCOV_API_KEY = ""\nCALLCOV_BASE_URL = ""\nEXPLORER_LOG = ""\n')
    found = load_settings()
    assert found.callcov_api_key is None
    assert found.callcov_base_url == DEFAULT_BASE_URL
    assert found.explorer_log == "WARNING"


@pytest.mark.parametrize(
    ("name", "text", "field", "expected"),
    [
        pytest.param("EXPLORER_LOG", "debug", "explorer_log", "DEBUG", id="level_in_small_letters"),
        pytest.param("EXPLORER_SHARE_KEY", "1", "explorer_share_key", True, id="one"),
        pytest.param("EXPLORER_SHARE_KEY", "0", "explorer_share_key", False, id="zero"),
        pytest.param("EXPLORER_ALLOW_HTTP", "true", "explorer_allow_http", True, id="true"),
        pytest.param("EXPLORER_TRANSCRIPTS", "keep", "explorer_transcripts", "keep", id="keep"),
        pytest.param("EXPLORER_STORE", "/srv/a b", "explorer_store", Path("/srv/a b"), id="folder"),
        pytest.param(
            "explorer_log", "INFO", "explorer_log", "INFO", id="variable_in_small_letters"
        ),
    ],
)
def test_text_becomes_a_value_when_it_is_a_usual_spelling(name, text, field, expected, monkeypatch):
    monkeypatch.setenv(name, text)
    assert getattr(load_settings(), field) == expected


@pytest.mark.parametrize(
    "name",
    ["EXPLORER_LOG", "EXPLORER_SHARE_KEY", "EXPLORER_ALLOW_HTTP", "EXPLORER_TRANSCRIPTS"],
    ids=str.lower,
)
@pytest.mark.parametrize("in_file", [True, False], ids=["file", "environment"])
def test_error_names_the_variable_and_no_value_when_one_is_bad(
    name, in_file, tmp_path, monkeypatch
):
    if in_file:
        write_secrets(tmp_path, f'{name} = "{CANARY}"\n')
    else:
        monkeypatch.setenv(name, CANARY)
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings()
    assert "Correct it" in str(caught.value)
    assert CANARY not in everything_about(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f'CALLCOV_API_KEY = "{CANARY}', id="open_quote"),
        pytest.param(f"CALLCOV_API_KEY = {CANARY}", id="no_quotes"),
        pytest.param(f'{CANARY}"', id="no_name"),
        pytest.param(f'CALLCOV_API_KEY = "{CANARY}" "{CANARY}"', id="two_values"),
        pytest.param(f'A = "{CANARY}"\nA = "{CANARY}"', id="twice"),
    ],
)
def test_error_names_the_file_and_no_value_when_it_is_not_toml(text, tmp_path):
    write_secrets(tmp_path, text)
    with pytest.raises(SettingsError, match=r"secrets\.toml is not valid TOML") as caught:
        load_settings()
    assert CANARY not in everything_about(caught.value)


def test_error_names_the_file_when_it_is_not_utf_8(tmp_path):
    write_secrets(tmp_path, "")
    (tmp_path / ".streamlit" / "secrets.toml").write_bytes(b'CALLCOV_API_KEY = "\xff\xfe"')
    with pytest.raises(SettingsError, match=r"secrets\.toml"):
        load_settings()


@pytest.mark.parametrize("value", ['["a"]', "3", "true", '{a = "b"}'], ids=["list", "number", "true", "table"])  # fmt: skip
def test_error_names_the_variable_when_the_file_holds_another_kind(value, tmp_path):
    write_secrets(tmp_path, f"CALLCOV_API_KEY = {value}\n")
    with pytest.raises(SettingsError, match="CALLCOV_API_KEY"):
        load_settings()


def test_key_is_not_seen_when_settings_are_printed(monkeypatch):
    monkeypatch.setenv("CALLCOV_API_KEY", CANARY)
    monkeypatch.setenv("CALLCOV_TOKEN", CANARY)
    found = load_settings()
    for text in (repr(found), str(found), found.model_dump_json()):
        assert CANARY not in text


def test_every_setting_says_what_it_is_for_when_read():
    assert all(field.description for field in Settings.model_fields.values())


def test_lines_are_written_once_when_logging_is_set_up_twice(logger):
    configure_logging("INFO")
    configure_logging("WARNING")
    assert len(logger.handlers) == 1
    written = io.StringIO()
    logger.handlers[0].setStream(written)
    logging.getLogger("explorer.api").info("hidden")
    logging.getLogger("explorer.api").warning("seen")
    assert written.getvalue().count("seen") == 1
    assert "hidden" not in written.getvalue()


def everything_about(error: BaseException) -> str:
    seen = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    while error is not None:
        seen += repr(error) + str(error.args)
        error = error.__context__ or error.__cause__
    return seen
