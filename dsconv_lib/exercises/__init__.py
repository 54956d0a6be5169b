"""Exercises that check themselves: ``check(name, answer)`` prints one line.

``framework`` finds and answers them, ``judges`` has their kinds. Each chapter has one module that
registers its exercises: ``chapter_02``, or ``chapter_a1`` for a chapter in depth. It is imported
when one of its exercises is asked for.
"""

from dsconv_lib.exercises.framework import check

__all__ = ["check"]
