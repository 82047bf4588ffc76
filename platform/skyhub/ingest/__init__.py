"""What comes in: files and streams of packets, stored whole with their candidates."""

from skyhub.ingest._alerts import IngestSummary, ingest_alert_files
from skyhub.ingest._pipeline import Stored, store_packets

__all__ = ["IngestSummary", "Stored", "ingest_alert_files", "store_packets"]
