"""Get ready the data that the lessons use, so that they can be worked through without a network.

    python -m helpers.data.prepare

Lessons 10 and 11 fetch the pictures of pets and the weights of VGG16, over a gigabyte, when they need them.
"""

import sys

from helpers.data.grey_images import fashion_mnist, mnist
from helpers.data.letters import sign_mnist
from helpers.data.sources import DataUnavailableError


def main() -> None:
    """Ask for each data set once: what has to be fetched or drawn is then kept."""
    try:
        for data_set in (fashion_mnist, mnist, sign_mnist):
            for train in (True, False):
                data_set(train=train)
    except (DataUnavailableError, ValueError) as error:  # ValueError: a setting that can't be
        sys.exit(str(error))


if __name__ == "__main__":
    main()
