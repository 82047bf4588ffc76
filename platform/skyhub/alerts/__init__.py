"""Alerts: packets of the surveys, decoded, stored and shown."""

from skyhub.alerts._cutouts import fits_image, png_of_cutout, png_of_image
from skyhub.alerts._files import SURVEYS, FileContent, Rejection, alert_files, read_alert_file
from skyhub.alerts._packet import CUTOUT_KINDS, PACKET_SCHEMA, Packet, PhotometryPoint, packet_table
from skyhub.alerts._read import alert_record, cutout_blob, cutout_data_url
from skyhub.alerts._store import alert_rows, new_packets, stream_acls
from skyhub.alerts._ztf import STREAMS

__all__ = [
    "CUTOUT_KINDS",
    "PACKET_SCHEMA",
    "STREAMS",
    "SURVEYS",
    "FileContent",
    "Packet",
    "PhotometryPoint",
    "Rejection",
    "alert_files",
    "alert_record",
    "alert_rows",
    "cutout_blob",
    "cutout_data_url",
    "fits_image",
    "new_packets",
    "packet_table",
    "png_of_cutout",
    "png_of_image",
    "read_alert_file",
    "stream_acls",
]
