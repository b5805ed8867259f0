"""What the incident page shows of stages 3 to 7."""


def all_of(incident, person) -> dict:
    """The sections that have something to show, by name."""
    return {}
