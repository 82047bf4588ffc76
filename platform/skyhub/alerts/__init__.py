"""Alerts: packets of the surveys, decoded, stored and shown."""

from skyhub.alerts._cutouts import fits_image, png_of_cutout, png_of_image
from skyhub.alerts._decoders import Decoders
from skyhub.alerts._decoding import Decoded, Source, groups_of_files
from skyhub.alerts._files import AlertReader, FileContent, Rejection, alert_files
from skyhub.alerts._packet import CUTOUT_KINDS, PACKET_SCHEMA, Packet, PacketAnnotation, PhotometryPoint, packet_table
from skyhub.alerts._read import alert_record, cutout_blob, cutout_data_url
from skyhub.alerts._search import find_alerts
from skyhub.alerts._store import alert_rows, places_of_new, stream_acls
from skyhub.alerts._surveys import SURVEYS_FOLDER, Survey, read_mapping, surveys_of
from skyhub.alerts._thumbnails import thumbnails
from skyhub.alerts._wire import SCHEMAS_FOLDER, SchemaStore
from skyhub.alerts._ztf import STREAMS

__all__ = [
    "CUTOUT_KINDS",
    "PACKET_SCHEMA",
    "SCHEMAS_FOLDER",
    "STREAMS",
    "SURVEYS_FOLDER",
    "AlertReader",
    "Decoded",
    "Decoders",
    "FileContent",
    "Packet",
    "PacketAnnotation",
    "PhotometryPoint",
    "Rejection",
    "SchemaStore",
    "Source",
    "Survey",
    "alert_files",
    "alert_record",
    "alert_rows",
    "cutout_blob",
    "cutout_data_url",
    "find_alerts",
    "fits_image",
    "groups_of_files",
    "packet_table",
    "places_of_new",
    "png_of_cutout",
    "png_of_image",
    "read_mapping",
    "stream_acls",
    "surveys_of",
    "thumbnails",
]
