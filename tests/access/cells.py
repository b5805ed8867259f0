"""Who gets in where: the cells of the authorisation table."""

from dataclasses import dataclass

STAFF = (
    "reporter", "colleague", "site_manager", "supervisor", "quality", "owner", "handler", "executive", "admin",
    "west_manager", "hotel_quality",
)  # fmt: skip
EVERYBODY = frozenset(STAFF)
#: Who sees the case: by a post at or above its units, or by a part in it. Nobody else in the company, no administrator.
READERS = frozenset({"reporter", "site_manager", "supervisor", "quality", "owner", "handler", "executive"})
ADMIN = frozenset({"admin"})
ADMINS = frozenset({"admin", "hotel_quality"})  # each of their own company
IMPORTERS = frozenset({"quality", "handler", "west_manager", "hotel_quality"})
ANALYSTS = frozenset({"supervisor", "quality", "owner"})
KEEPERS = frozenset({"quality", "west_manager", "hotel_quality", "admin"})  # of the records of their units


MEETING = frozenset({"quality", "supervisor", "executive"})  # who oversees the unit, and the chair


@dataclass(frozen=True)
class Cell:
    """Who gets in with this method. `refused` see that it exists but may not (403); for all others: `denied`.

    `anonymous`: login, in, or a status. A cell without `who` is a method that isn't offered: any denial will do.
    """

    who: frozenset
    denied: int = 404
    anonymous: str | int = "login"
    refused: frozenset = frozenset()

    def expects(self, who: str) -> str | int:
        return "in" if who in self.who else 403 if who in self.refused else self.denied

    @property
    def is_offered(self) -> bool:
        return bool(self.who) or self.anonymous == "in"  # customers only: staff never rate


def only(who, denied=404, anonymous="login", refused=()):
    return Cell(frozenset(who), denied, anonymous, frozenset(refused))


NOBODY = NEITHER = API_NOT = only(())
LOGIN_ONLY = only(EVERYBODY)
ADMIN_LIST = only(ADMINS, denied=403)
ADMIN_OBJECT = only(ADMIN, refused=EVERYBODY - ADMINS)  # another company's administrator doesn't see it
API = only(EVERYBODY, anonymous=401)
PUBLIC = only(EVERYBODY, anonymous="in")
KEPT_BY = only({"quality", "admin"}, refused=EVERYBODY - KEEPERS)
