"""What a complaint is found by: its reference and its own words. People are found by their contact, never by words."""

from incidents.search import marks_of, vector

#: The fields in which is searched.
SEARCHED = {"number", "title", "text", "wish", "place", "external_id"}


def vector_of(complaint):
    """The stored vector of a complaint; folded and cut as an incident's (`incidents.search`)."""
    return vector(
        complaint.number,
        complaint.title,
        complaint.text,
        complaint.wish,
        complaint.place,
        complaint.external_id,
        marks=marks_of(complaint.number),
    )
