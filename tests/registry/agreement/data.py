"""Published ratings on which every agreement coefficient has a known answer."""

import numpy as np


def grid(text):
    """Return one row per word, one column per digit."""
    return np.array([[int(digit) for digit in word] for word in text.split()])


DIAGNOSES = (
    grid(
        """444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445
           333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"""
    )
    - 1
)
"""Thirty patients, six psychiatrists, five diagnoses, counted from 0 (Fleiss 1971)."""

VISION = np.array([[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]])
"""Unaided vision of 7,477 women, right eye in rows, left in columns, best to worst (Stuart 1953)."""

JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
"""Six targets, four judges (Shrout & Fleiss 1979)."""

ANXIETY = grid("332 361 344 464 523 542 221 346 531 231 221 632 133 533 221 221 113 233 432 342")
"""Twenty people, three raters, anxiety from 1 to 6 (the irr package)."""

VIDEO = grid("4434 4445 4455 4444 4324 4434 4325 4434 4334 4334 4434 4334 4444 4444 4434 4444 4444 4444 4444 4554")
"""Twenty films, four raters, credibility from 1 to 6 (the irr package)."""
