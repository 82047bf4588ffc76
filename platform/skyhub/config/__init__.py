"""Settings of skyhub: typed, described, from the environment, one YAML file or their defaults."""

from skyhub.config._settings import CONFIG_FILE, Settings, explain_settings, load_settings
from skyhub.config._streams import DirectoryStream, KafkaStream, Streams, StreamSettings

__all__ = [
    "CONFIG_FILE",
    "DirectoryStream",
    "KafkaStream",
    "Settings",
    "StreamSettings",
    "Streams",
    "explain_settings",
    "load_settings",
]
