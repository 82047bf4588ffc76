"""Settings of skyhub: from the environment (``SKYHUB_…``), or else from one YAML file, or else their defaults."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin

import yaml
from pydantic import BaseModel, Field, FilePath, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from skyhub.config._brokers import AlerceBroker, BoomBroker, Brokers, FinkBroker, KowalskiBroker, LasairBroker
from skyhub.config._circulars import CircularSettings
from skyhub.config._events import EventSettings
from skyhub.config._images import ImageService
from skyhub.config._maps import MapSettings
from skyhub.config._notifications import NotificationSettings
from skyhub.config._queues import AtlasQueue, LetterQueue, PortalQueue, Queues, RubinQueue, ZtfQueue
from skyhub.config._streams import BrokerStream, DirectoryStream, KafkaStream, Streams
from skyhub.config._treasuremap import TreasureMapSettings
from skyhub.errors import InvalidInput

__all__ = ["CONFIG_FILE", "Settings", "explain_settings", "load_settings"]

CONFIG_FILE = "SKYHUB_CONFIG_FILE"
"""The variable that names the YAML file."""

_PREFIX = "SKYHUB_"
_BOUNDS = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
_ELSEWHERE = {
    CONFIG_FILE: "A YAML file with settings, such as `port: 8080`; the environment goes before it",
    "SKYHUB_URL": "Where notebooks and commands find the data service; the hub sets it",
    "SKYHUB_TOKEN": "The token with which they talk to it",
    "SKYHUB_LOG_LEVEL": "How much the hub logs: DEBUG, INFO, WARN or ERROR",
}
"""Variables that are no settings of a deployment."""
_TABLES = ("events", "maps", "notifications", "circulars")
"""Settings that are several by fixed names."""
_NAMED = ("streams", "brokers", "queues")
"""Settings that are several, each with a name of the operator's."""
_NESTED = (*_NAMED, "images", "treasuremap", *_TABLES)


class Settings(BaseSettings):
    """All settings, each with its default."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="ignore")

    data_dir: Path = Field(default=Path("data"), description="Where the database, packs, reports and users' homes live")
    host: str = Field(
        "127.0.0.1", description="Address on which the hub answers; others than this machine's need TLS in front"
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port on which the hub answers")
    demo: bool = Field(default=True, description="Demo accounts with one shared password, and the demo night")
    idle_minutes: int = Field(
        default=60, ge=1, description="After how long without activity a user's server is stopped"
    )

    streams: Streams = Field(
        default_factory=dict, description="Incoming streams of packets by name, each of a kind with its own settings"
    )

    brokers: Brokers = Field(
        default_factory=dict, description="Brokers that may be asked for objects, by name; none is asked by default"
    )

    queues: Queues = Field(
        default_factory=dict, description="Where telescopes are asked for observations, by name; none is by default"
    )

    images: ImageService | None = Field(
        default=None, description="The service that cuts images out of deep surveys; none is asked by default"
    )

    treasuremap: TreasureMapSettings | None = Field(
        default=None, description="The Treasure Map, where pointings are shared and read; not asked by default"
    )

    dust_map: FilePath | None = Field(
        default=None,
        description="A HEALPix map of E(B-V) as FITS, such as lambda_sfd_ebv.fits; a coarse one is shipped",
    )

    events: EventSettings = Field(
        default_factory=EventSettings, description="Which notices make or change events; the others change nothing"
    )

    maps: MapSettings = Field(
        default_factory=MapSettings,
        description="From where sky maps are fetched that notices name; from nowhere by default",
    )

    notifications: NotificationSettings = Field(
        default_factory=NotificationSettings, description="How messages of rules leave the house; by default none does"
    )

    circulars: CircularSettings = Field(
        default_factory=CircularSettings,
        description="How circulars leave the house; by default a person sends them from GCN's own form",
    )

    @model_validator(mode="after")
    def _brokers_of_streams_are_declared(self) -> Self:
        for name, stream in self.streams.items():
            if isinstance(stream, BrokerStream) and stream.broker not in self.brokers:
                known = ", ".join(self.brokers) or "none"
                raise ValueError(f"the stream {name} reads the broker {stream.broker}: {known} are declared")
        return self

    @model_validator(mode="after")
    def _each_instrument_has_one_queue(self) -> Self:
        taken: dict[str, str] = {}
        for name, queue in self.queues.items():
            for instrument in queue.instruments:
                if (other := taken.setdefault(instrument, name)) != name:
                    raise ValueError(f"{instrument} is asked for at the queues {other} and {name}: one is permitted")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file before default."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, _config_file())


def load_settings() -> Settings:
    """The settings in force. Raises `InvalidInput` naming the variable or the file that cannot be used."""
    _check_file()
    try:
        return Settings()
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> InvalidInput:
    """What of a setting cannot be used; values of nested settings, which may be secrets, are not repeated."""
    first = error.errors(include_input=True)[0]
    field, *inner = map(str, first["loc"] or ("streams", "broker"))
    where, name = _source(field), f"{_PREFIX}{field.upper()}"
    hidden = "of another form" if field in _NESTED else repr(first["input"])
    given = ".".join(inner) or hidden
    what = "has" if inner else "is"
    text = f"{name} {what} {given}" if where == "environment" else f"{field} in {where} {what} {given}"
    return InvalidInput(f"{text}: {first['msg']}.", name)


def explain_settings() -> list[dict[str, Any]]:
    """Every setting: the value in force, where it comes from, its default, its description and what is permitted."""
    settings = load_settings()
    own = [
        _explained(name, getattr(settings, name), field, _source(name)) for name, field in Settings.model_fields.items()
    ]
    nested = [
        _explained(f"{table}__{key}__{name}", getattr(given, name), field, _source(table))
        for table in _NAMED
        for key, given in getattr(settings, table).items()
        for name, field in type(given).model_fields.items()
    ]
    nested += [
        _explained(f"{table}__{name}", getattr(getattr(settings, table), name), field, _source(table))
        for table in _TABLES
        for name, field in type(getattr(settings, table)).model_fields.items()
    ]
    return own + nested + [_elsewhere(variable, text) for variable, text in _ELSEWHERE.items()]


def _explained(name: str, value: Any, field: FieldInfo, source: str) -> dict[str, Any]:
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return {
        "name": name,
        "variable": f"{_PREFIX}{name.upper()}",
        "value": _shown(value),
        "source": source,
        "default": _shown(default),
        "description": field.description,
        "permitted": _permitted(field),
    }


def _elsewhere(variable: str, description: str) -> dict[str, Any]:
    given = os.environ.get(variable)
    return {
        "name": variable.removeprefix(_PREFIX).lower(),
        "variable": variable,
        "value": _shown(SecretStr(given)) if given and variable.endswith("_TOKEN") else given,
        "source": "default" if given is None else "environment",
        "default": None,
        "description": description,
        "permitted": "str",
    }


def _config_file() -> Path | None:
    given = os.environ.get(CONFIG_FILE)
    return Path(given) if given else None


def _check_file() -> None:
    path = _config_file()
    if path is None:
        return
    try:
        content = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path}, which {CONFIG_FILE} names, cannot be read: {error}.", CONFIG_FILE) from error
    unknown = sorted(set(content) - set(Settings.model_fields)) if isinstance(content, dict) else [str(content)]
    if unknown:
        raise InvalidInput(
            f"{path} has {', '.join(map(str, unknown))}: {', '.join(Settings.model_fields)} are permitted.", str(path)
        )


def _source(name: str) -> str:
    own = f"{_PREFIX}{name.upper()}"
    if any(variable.upper() == own or variable.upper().startswith(f"{own}__") for variable in os.environ):
        return "environment"
    path = _config_file()
    if path is not None and name in (yaml.safe_load(path.read_text("utf-8")) or {}):
        return str(path)
    return "default"


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "**********" if value.get_secret_value() else ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, EventSettings | NotificationSettings | CircularSettings):
        return ", ".join(type(value).model_fields)
    if isinstance(value, dict):
        return ", ".join(k if isinstance(v, BaseModel) else f"{k}={v}" for k, v in value.items())
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _permitted(field: FieldInfo) -> str:
    if field.annotation == Streams:
        return _kinds(KafkaStream, DirectoryStream, BrokerStream)
    if field.annotation == Brokers:
        return _kinds(FinkBroker, AlerceBroker, LasairBroker, BoomBroker, KowalskiBroker)
    if field.annotation == Queues:
        return _kinds(ZtfQueue, PortalQueue, RubinQueue, AtlasQueue, LetterQueue)
    if get_origin(field.annotation) is Literal:
        return ", ".join(map(str, get_args(field.annotation)))
    plain = isinstance(field.annotation, type) and not get_args(field.annotation)
    kind = field.annotation.__name__ if plain and field.annotation else str(field.annotation)
    kind = re.sub(r"[\w.]+\.(\w+)", r"\1", kind).lower()
    bounds = [
        f"{words} {getattr(m, name)}" for m in field.metadata for name, words in _BOUNDS.items() if hasattr(m, name)
    ]
    return ", ".join([kind, *bounds])


def _kinds(*kinds: type[BaseModel]) -> str:
    return "names, each with a kind and " + ", or ".join(f"({', '.join(kind.model_fields)})" for kind in kinds)
