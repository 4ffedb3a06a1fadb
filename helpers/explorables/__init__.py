"""Pieces that run in the page, without a kernel."""
