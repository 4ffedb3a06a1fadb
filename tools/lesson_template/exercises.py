"""Lesson NN: its exercises."""

from helpers.course.exercises import exercise


# FILL IN: the solution of each exercise, and below it what is right and what may go wrong.
def double(x):
    return 2 * x


exercise(
    "NN.1",
    double,
    probes=[(3,), (0,), (-1.5,)],
    says="Twice 3 is 6.",
    mistakes={
        "That is 3 times 3. Twice 3 is 3 + 3.": lambda x: x * x,
        "That is one more, not twice as much.": lambda x: x + 1,
    },
)
