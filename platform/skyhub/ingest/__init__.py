"""What comes in: files and streams of packets, stored whole with their candidates."""

from skyhub.ingest._alerts import IngestSummary, ingest_alert_files
from skyhub.ingest._intake import Intake, Receiver
from skyhub.ingest._notices import CircularIntake, NoticeIntake, NoticeReceiver
from skyhub.ingest._orders import Order, give_order, orders
from skyhub.ingest._pipeline import Stored, store_packets
from skyhub.ingest._positions import keep_position, position_of
from skyhub.ingest._quarantine import Refused, quarantine, refused_bytes, refused_messages
from skyhub.ingest._replay import ReplaySummary, night_packets, replay_packets
from skyhub.ingest._states import StreamState, note_states, stream_states

__all__ = [
    "CircularIntake",
    "IngestSummary",
    "Intake",
    "NoticeIntake",
    "NoticeReceiver",
    "Order",
    "Receiver",
    "Refused",
    "ReplaySummary",
    "Stored",
    "StreamState",
    "give_order",
    "ingest_alert_files",
    "keep_position",
    "night_packets",
    "note_states",
    "orders",
    "position_of",
    "quarantine",
    "refused_bytes",
    "refused_messages",
    "replay_packets",
    "store_packets",
    "stream_states",
]
