"""Figures of data and results, and diagrams of tensors."""
