"""Every setting, from the environment or ``.streamlit/secrets.toml``; the environment wins.

The README's settings table is checked against the fields of `Settings` by a test.
"""

from __future__ import annotations

import logging
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from explorer.errors import SettingsError

SECRETS_FILE = Path(".streamlit") / "secrets.toml"
DEFAULT_BASE_URL = "https://api.callcov.com/api/v1"
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _default_store() -> Path:
    from platformdirs import user_data_path

    return user_data_path("callcov-explorer", appauthor=False)


class Settings(BaseSettings):
    """The settings of one process; each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    callcov_api_key: SecretStr | None = Field(
        None, description="API key, `sk_live_…` or `sk_test_…`. Without key and token: the sandbox."
    )
    callcov_token: SecretStr | None = Field(
        None, description="JWT instead of a key; it expires after 30 minutes."
    )
    callcov_base_url: str = Field(DEFAULT_BASE_URL, description="Address of the API.")
    explorer_store: Path = Field(
        default_factory=_default_store,
        description="Folder of the mirrors, one file an account.",
    )
    explorer_transcripts: Literal["drop", "keep"] = Field(
        "drop", description="`keep` stores transcripts in the mirror."
    )
    explorer_allow_http: bool = Field(
        False, description="`1` allows plain http to hosts other than this machine."
    )
    explorer_share_key: bool = Field(
        False,
        description="`1` lets viewers use the configured key when the server is reachable "
        "beyond this machine.",
    )
    explorer_log: LogLevel = Field(
        "WARNING", description="`DEBUG`, `INFO` (a line a request), `WARNING` or `ERROR`."
    )

    @field_validator("explorer_log", mode="before")
    @classmethod
    def _capitals(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence: arguments, environment, secrets file."""
        return (init_settings, env_settings, _SecretsFile(settings_cls, SECRETS_FILE))


class _SecretsFile(TomlConfigSettingsSource):
    """`.streamlit/secrets.toml`, its names in any case: Streamlit's own examples use capitals."""

    def _read_file(self, path: Path | Traversable) -> dict[str, object]:
        # an empty value is unset, as in the environment
        return {
            name.lower(): value for name, value in super()._read_file(path).items() if value != ""
        }


def load_settings() -> Settings:
    """The settings as they are now.

    Raises
    ------
    SettingsError : a variable has a value that cannot be used, or the secrets file is not TOML.
        Values are never part of the message, since any of them may be a secret.
    """
    problem: str
    try:
        return Settings()
    except ValidationError as error:
        problem = "; ".join(
            f"{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()
        )
    except ValueError as error:  # tomllib.TOMLDecodeError is one; its text quotes no value
        problem = f"{SECRETS_FILE} is not valid TOML ({error})"
    # Raised outside the except block: the original errors hold the values.
    raise SettingsError(f"A setting cannot be used: {problem}. Correct it and start again.")


def configure_logging(level: LogLevel) -> None:
    """Send the explorer's log lines to standard error from `level` on; safe to call again."""
    logger = logging.getLogger("explorer")
    logger.setLevel(level)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
