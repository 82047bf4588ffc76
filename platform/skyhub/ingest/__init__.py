"""What comes in: files and streams of packets, stored whole with their candidates."""

from skyhub.ingest._alerts import IngestSummary, ingest_alert_files
from skyhub.ingest._intake import Intake, Receiver
from skyhub.ingest._pipeline import Stored, store_packets
from skyhub.ingest._quarantine import Refused, quarantine, refused_bytes, refused_messages
from skyhub.ingest._replay import ReplaySummary, night_packets, replay_packets
from skyhub.ingest._states import StreamState, note_states, stream_states

__all__ = [
    "IngestSummary",
    "Intake",
    "Receiver",
    "Refused",
    "ReplaySummary",
    "Stored",
    "StreamState",
    "ingest_alert_files",
    "night_packets",
    "note_states",
    "quarantine",
    "refused_bytes",
    "refused_messages",
    "replay_packets",
    "store_packets",
    "stream_states",
]
