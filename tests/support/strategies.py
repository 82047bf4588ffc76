"""Hypothesis strategies: positions, times, light curves, names."""

from __future__ import annotations

from hypothesis import strategies as st

ra = st.one_of(
    st.floats(0, 360, exclude_max=True),
    st.sampled_from([0.0, 1e-9, 45.0, 90.0, 180.0, 270.0, 359.999999999]),
)
"""Right ascensions (deg), with those where charts and tiles begin."""

dec = st.one_of(
    st.floats(-90, 90),
    st.sampled_from([-90.0, -89.999999, -41.8103148957786, 0.0, -0.0, 41.8103148957786, 89.999999, 90.0]),
)
"""Declinations (deg), with the poles and where HEALPix's polar caps begin."""

positions = st.tuples(ra, dec)

mjd = st.floats(40000, 90000)
"""Times (MJD, UTC) from 1968 to 2105."""

magnitudes = st.floats(-5, 40)
"""AB magnitudes."""
