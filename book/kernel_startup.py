"""What a kernel of the book does before the first cell of a lesson. It leaves no name behind."""

import alt_text

alt_text.describe_figures()
del alt_text
