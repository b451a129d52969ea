"""What the pages of months send, as values."""

from sosku_groups.core.days import Month
from sosku_groups.core.incoming import parse_cents
from sosku_groups.core.text import N_, NotFound, Refused, sentence


def read_month(text: str) -> Month:
    """The month of an address; NotFound for anything else."""
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFound from None


def read_cents(text: str) -> int:
    """A sum in euros, `27`, `27,5` or `27,00 €`, as whole cents."""
    cents = parse_cents(text)
    if cents is None:
        raise Refused(sentence(N_("Write a sum in euros, such as 9,00.")), "cents")
    return cents
