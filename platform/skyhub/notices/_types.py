"""Types of GCN's classic notices by the number of their packets, as its Kafka topics are called.

References
----------
.. [1] GCN socket packet definitions, https://gcn.gsfc.nasa.gov/sock_pkt_def_doc.html
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["NOTICE_TYPES", "NOTICE_TYPES_OF_TEXT"]

NOTICE_TYPES: Mapping[int, str] = {
    2: "TEST_COORDS", 3: "IM_ALIVE", 31: "IPN_RAW", 32: "IPN_SEG", 39: "IPN_POS", 44: "HETE_TEST", 45: "GRB_CNTRPART",
    46: "SWIFT_TOO_FOM", 47: "SWIFT_TOO_SC_SLEW", 51: "INTEGRAL_POINTDIR", 52: "INTEGRAL_SPIACS",
    53: "INTEGRAL_WAKEUP", 54: "INTEGRAL_REFINED", 55: "INTEGRAL_OFFLINE", 56: "INTEGRAL_WEAK", 57: "AAVSO",
    58: "MILAGRO_POS", 59: "KONUS_LC", 60: "SWIFT_BAT_GRB_ALERT", 61: "SWIFT_BAT_GRB_POS_ACK",
    62: "SWIFT_BAT_GRB_POS_NACK", 63: "SWIFT_BAT_GRB_LC", 64: "SWIFT_BAT_SCALEDMAP", 65: "SWIFT_FOM_OBS",
    66: "SWIFT_SC_SLEW", 67: "SWIFT_XRT_POSITION", 68: "SWIFT_XRT_SPECTRUM", 69: "SWIFT_XRT_IMAGE", 70: "SWIFT_XRT_LC",
    71: "SWIFT_XRT_CENTROID", 72: "SWIFT_UVOT_DBURST", 73: "SWIFT_UVOT_FCHART", 76: "SWIFT_BAT_GRB_LC_PROC",
    77: "SWIFT_XRT_SPECTRUM_PROC", 78: "SWIFT_XRT_IMAGE_PROC", 79: "SWIFT_UVOT_DBURST_PROC",
    80: "SWIFT_UVOT_FCHART_PROC", 81: "SWIFT_UVOT_POS", 82: "SWIFT_BAT_GRB_POS_TEST", 83: "SWIFT_POINTDIR",
    84: "SWIFT_BAT_TRANS", 85: "SWIFT_XRT_THRESHPIX", 86: "SWIFT_XRT_THRESHPIX_PROC", 87: "SWIFT_XRT_SPER",
    88: "SWIFT_XRT_SPER_PROC", 89: "SWIFT_UVOT_POS_NACK", 97: "SWIFT_BAT_QL_POS", 98: "SWIFT_BAT_SUB_THRESHOLD",
    99: "SWIFT_BAT_SLEW_POS", 100: "AGILE_GRB_WAKEUP", 101: "AGILE_GRB_GROUND", 102: "AGILE_GRB_REFINED",
    103: "SWIFT_ACTUAL_POINTDIR", 105: "AGILE_MCAL_ALERT", 107: "AGILE_POINTDIR", 108: "AGILE_TRANS",
    109: "AGILE_GRB_POS_TEST", 110: "FERMI_GBM_ALERT", 111: "FERMI_GBM_FLT_POS", 112: "FERMI_GBM_GND_POS",
    113: "FERMI_GBM_LC", 115: "FERMI_GBM_FIN_POS", 118: "FERMI_GBM_TRANS", 119: "FERMI_GBM_POS_TEST",
    120: "FERMI_LAT_POS_INI", 121: "FERMI_LAT_POS_UPD", 122: "FERMI_LAT_POS_DIAG", 123: "FERMI_LAT_TRANS",
    124: "FERMI_LAT_POS_TEST", 125: "FERMI_LAT_MONITOR", 126: "FERMI_SC_SLEW", 127: "FERMI_LAT_GND",
    128: "FERMI_LAT_OFFLINE", 129: "FERMI_POINTDIR", 130: "SIMBADNED", 131: "FERMI_GBM_SUBTHRESH",
    133: "SWIFT_BAT_MONITOR", 134: "MAXI_UNKNOWN", 135: "MAXI_KNOWN", 136: "MAXI_TEST", 137: "OGLE", 138: "CBAT",
    139: "MOA", 140: "SWIFT_BAT_SUBSUB", 141: "SWIFT_BAT_KNOWN_SRC", 145: "COINCIDENCE", 148: "SUZAKU_LC",
    149: "SNEWS", 150: "LVC_PRELIMINARY", 151: "LVC_INITIAL", 152: "LVC_UPDATE", 153: "LVC_TEST",
    154: "LVC_COUNTERPART", 157: "AMON_ICECUBE_COINC", 158: "AMON_ICECUBE_HESE", 159: "AMON_ICECUBE_TEST",
    160: "CALET_GBM_FLT_LC", 161: "CALET_GBM_GND_LC", 163: "LVC_EARLY_WARNING", 164: "LVC_RETRACTION",
    168: "GWHEN_COINC", 169: "AMON_ICECUBE_EHE", 170: "AMON_ANTARES_FERMILAT_COINC", 171: "HAWC_BURST_MONITOR",
    172: "AMON_NU_EM_COINC", 173: "ICECUBE_ASTROTRACK_GOLD", 174: "ICECUBE_ASTROTRACK_BRONZE", 175: "SK_SN",
    176: "ICECUBE_CASCADE", 188: "GECAM_FLT", 189: "GECAM_GND",
}  # fmt: skip
"""Names [1]_ by number."""

NOTICE_TYPES_OF_TEXT: Mapping[str, int] = {
    "fermi-gbm alert": 110, "fermi-gbm flight position": 111, "fermi-gbm ground position": 112,
    "fermi-gbm final position": 115, "fermi-gbm test position": 119, "fermi-lat offline position": 128,
    "icecube astrotrack gold": 173, "icecube astrotrack bronze": 174, "icecube cascade": 176,
    "lvc preliminary": 150, "lvc initial": 151, "lvc initial skymap": 151, "lvc update": 152,
    "lvc early warning": 163, "lvc retraction": 164, "swift-bat grb position": 61, "swift-xrt position": 67,
    "swift-uvot position": 81, "swift pointing direction": 83, "integral wakeup": 53, "integral refined": 54,
    "integral offline": 55, "integral weak": 56, "maxi unknown source position": 134,
}  # fmt: skip
"""Numbers by what text notices write as ``NOTICE_TYPE``, in lower case."""
