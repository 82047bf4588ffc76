"""Settings of skyhub, from the environment (``SKYHUB_…``)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from skyhub.errors import InvalidInput

__all__ = ["Settings", "load_settings"]


class Settings(BaseSettings):
    """All settings, each with its default."""

    model_config = SettingsConfigDict(env_prefix="SKYHUB_", extra="ignore")

    data_dir: Path = Field(default=Path("data"), description="Where the database, packs, reports and users' homes live")
    host: str = Field(
        "127.0.0.1", description="Address on which the hub answers; others than this machine's need TLS in front"
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port on which the hub answers")
    demo: bool = Field(default=True, description="Demo accounts with one shared password, and the demo night")
    idle_minutes: int = Field(
        default=60, ge=1, description="After how long without activity a user's server is stopped"
    )


def load_settings() -> Settings:
    """The settings in force. Raises `InvalidInput` naming the variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"SKYHUB_{str(first['loc'][0]).upper()}"
        raise InvalidInput(f"{name} is {first['input']!r}: {first['msg']}.", name) from None
