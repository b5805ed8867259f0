"""What the incident page shows of stages 3 to 7."""


def all_of(incident, person) -> dict:
    return {}
