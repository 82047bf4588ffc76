"""Jupyter widgets of skyhub."""
