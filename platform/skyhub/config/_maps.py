"""Settings of sky maps that notices name by their address: where they may be fetched from, and how patiently."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["MapSettings"]


class MapSettings(BaseModel):
    """From where maps are fetched that lie elsewhere; from nowhere by default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hosts: list[str] = Field(
        default=[],
        description="Hosts that maps may be fetched from, as gracedb.ligo.org, heasarc.gsfc.nasa.gov or 127.0.0.1:8080",
    )
    timeout_seconds: float = Field(60, gt=0, le=300, description="How long one fetch may take")
    largest_megabytes: int = Field(20, ge=1, le=20, description="How large a file may be")
    tries: int = Field(12, ge=1, le=100, description="How often a map is asked for before it is given up")
    first_wait_seconds: float = Field(
        30, ge=0, le=3600, description="How long the second try is waited for; twice as long each time, an hour at most"
    )

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not _is_host(host):
                raise ValueError(f"{host!r} is no host: a name and perhaps a port are permitted, as example.org:8080")
        return [host.lower() for host in hosts]

    def permits(self, url: str) -> bool:
        """Whether a map may be fetched from an address: by http or https, of a permitted host, without an account."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        if parts.scheme not in ("https", "http") or "@" in parts.netloc or not parts.hostname:
            return False
        host = parts.hostname if port is None else f"{parts.hostname}:{port}"
        return host in self.hosts


def _is_host(text: str) -> bool:
    if not text or set("/@?#* ") & set(text):
        return False
    try:
        parts = urlsplit(f"https://{text}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
