"""What a complaint is found by: its reference and its own words. People are found by their contact, never by words.

Numbers and addresses in the words are masked before: who reads them masked can't try them out by searching either.
"""

from incidents.search import marks_of, vector

from .masking import redacted

#: The fields in which is searched.
SEARCHED = {"number", "title", "text", "wish", "place", "external_id"}


def vector_of(complaint):
    """The stored vector of a complaint; folded and cut as an incident's (`incidents.search`)."""
    return vector(
        complaint.number,
        redacted(complaint.title),
        redacted(complaint.text),
        redacted(complaint.wish),
        redacted(complaint.place),
        complaint.external_id,
        marks=marks_of(complaint.number),
    )
