"""What is right and what is likely to go wrong in the exercises: a module a lesson, `grading` for all."""
