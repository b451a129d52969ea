"""How a client is named on a screen."""


def short_name(first_names: str, last_name: str) -> str:
    """First given name and the surname's initial: `Camilla O.`; enough on a tablet."""
    first = first_names.split()[0] if first_names.split() else ""
    return f"{first} {last_name[:1]}.".strip()


def full_name(first_names: str, last_name: str) -> str:
    """Surname first, as in registers: `Ojala Camilla`."""
    return f"{last_name} {first_names}"
