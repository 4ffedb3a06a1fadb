"""Lesson NN: answers that learners may well give, for tests/test_exercises.py.

`WRONG` has for each exercise (what went wrong, the answer, a regular expression that its own hint matches),
`SAME_MISTAKE` other ways to one of these, and `RIGHT` answers that are right and written in another way than
the lesson's solution.
"""

WRONG = {
    "NN.1": [  # FILL IN: at least two mistakes for each exercise, those that learners really make
        ("squared", lambda x: x * x, "3 times 3"),
        ("one more", lambda x: x + 1, "you have 4"),
        ("nothing returned", lambda x: print(2 * x), "Return one number"),
    ],
}

SAME_MISTAKE = {}

RIGHT = {
    "NN.1": [lambda x: x + x],
}
