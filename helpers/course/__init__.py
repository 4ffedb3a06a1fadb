"""The machinery of the course: what grades the exercises, and what the lessons check of themselves."""
