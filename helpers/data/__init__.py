"""The data of the course: a function for each data set, and where its files come from."""
