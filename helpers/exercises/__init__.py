"""The exercises: solutions, likely mistakes and their hints, a table for each lesson."""
