"""How acts on people, units and the history itself are told."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Role

from .timeline import ALL, describe, name_field


def _roles(codes: list[str]) -> str:
    return ", ".join(str(Role(code).label) for code in codes)


describe(
    "person.hire",
    _("added this person to %(unit)s with the roles: %(roles)s"),
    icon="user-plus",
    roles=_roles,
)
describe("person.amend", _("changed this person's details"), shows=ALL)
describe(
    "person.appoint", _("gave this person the role %(role)s in %(unit)s"), role=lambda code: Role(code).label
)
describe(
    "person.end_post", _("ended this person's role %(role)s in %(unit)s"), role=lambda code: Role(code).label
)
describe("person.leave", _("took this person's access away"), shows=ALL)
describe("person.readmit", _("gave this person access again"), shows=ALL)
describe("person.set_password", _("set a one-time password for this person"))
describe("person.reset_two_step", _("switched this person's two-step sign-in off"))
describe("person.sign_in", pgettext_lazy("history", "signed in from %(address)s"))
describe("person.sign_out", pgettext_lazy("history", "signed out"))
describe(
    "person.sign_in_failed",
    _("somebody failed to sign in to this account from %(address)s"),
    icon="shield-alert",
)
describe("person.code_failed", _("somebody gave a wrong sign-in code from %(address)s"), icon="shield-alert")
describe("person.change_password", _("changed the own password"))
describe("person.reset_password", _("set a new password"))
describe("person.add_two_step", _("switched two-step sign-in on"))
describe("person.remove_two_step", _("switched two-step sign-in off"))
describe("person.renew_two_step", _("made new recovery codes"))
describe("person.create_token", _("made the access token “%(name)s” for %(days)s days"), icon="key-round")
describe("person.revoke_token", _("revoked the access token “%(name)s”"), icon="key-round")
describe("unit.found", _("added this unit below %(parent)s"), icon="network")
describe("unit.rename", _("renamed this unit"), shows=("name",))
describe("unit.move", _("moved this unit"), shows=ALL)
describe("unit.close", _("closed this unit"))
describe("unit.reopen", _("opened this unit again"))
describe("audit.export", _("exported %(rows)s events of the audit trail as %(format)s"))

name_field("name", pgettext_lazy("field", "name"))
name_field("display_name", pgettext_lazy("field", "name"))
name_field("username", pgettext_lazy("field", "user name"))
name_field("job_title", pgettext_lazy("field", "job title"))
name_field("email", pgettext_lazy("field", "e-mail"))
name_field("phone", pgettext_lazy("field", "phone"))
name_field("language", pgettext_lazy("field", "language"))
name_field("time_zone", pgettext_lazy("field", "time zone"))
name_field("home_unit", pgettext_lazy("field", "unit"))
name_field("unit", pgettext_lazy("field", "unit"))
name_field("parent", pgettext_lazy("field", "belongs to"))
name_field("is_active", pgettext_lazy("field", "may sign in"))
name_field("posts_ended", pgettext_lazy("field", "roles ended"))
name_field("starts_on", pgettext_lazy("field", "from"))
name_field("ends_on", pgettext_lazy("field", "until"))
name_field("closed_on", pgettext_lazy("field", "closed on"))
