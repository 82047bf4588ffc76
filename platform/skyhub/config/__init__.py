"""Settings of skyhub: typed, described, from the environment, one YAML file or their defaults."""

from skyhub.config._brokers import (
    AlerceBroker,
    BoomBroker,
    Brokers,
    BrokerSettings,
    FinkBroker,
    KowalskiBroker,
    LasairBroker,
)
from skyhub.config._circulars import CircularSettings
from skyhub.config._events import EventSettings
from skyhub.config._images import ImageService
from skyhub.config._maps import MapSettings
from skyhub.config._notifications import NotificationSettings
from skyhub.config._queues import AtlasQueue, LetterQueue, PortalQueue, Queues, QueueSettings, RubinQueue, ZtfQueue
from skyhub.config._settings import CONFIG_FILE, Settings, explain_settings, load_settings
from skyhub.config._streams import BrokerStream, DirectoryStream, KafkaStream, Streams, StreamSettings, VoeventStream
from skyhub.config._treasuremap import TreasureMapSettings

__all__ = [
    "CONFIG_FILE",
    "AlerceBroker",
    "AtlasQueue",
    "BoomBroker",
    "BrokerSettings",
    "BrokerStream",
    "Brokers",
    "CircularSettings",
    "DirectoryStream",
    "EventSettings",
    "FinkBroker",
    "ImageService",
    "KafkaStream",
    "KowalskiBroker",
    "LasairBroker",
    "LetterQueue",
    "MapSettings",
    "NotificationSettings",
    "PortalQueue",
    "QueueSettings",
    "Queues",
    "RubinQueue",
    "Settings",
    "StreamSettings",
    "Streams",
    "TreasureMapSettings",
    "VoeventStream",
    "ZtfQueue",
    "explain_settings",
    "load_settings",
]
