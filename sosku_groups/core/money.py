"""Money in whole cents."""


class Cents(int):
    """A sum in whole cents; kept apart from other numbers so that it is written as money."""


def decimal_comma(cents: int) -> str:
    """The sum as files want it: `9,00`, `-45,00`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"
