"""How acts on what leaves a unit are told."""

from django.utils.translation import gettext_lazy as _

from history.timeline import describe

describe("unit.add_endpoint", _("had notices of this unit sent to “%(name)s” as well"), icon="send")
describe("unit.change_endpoint", _("changed the endpoint “%(name)s”"), icon="send")
describe("unit.end_endpoint", _("stopped sending notices to “%(name)s”"), icon="send")
describe("person.absence", _("is away from %(begins_on)s until %(ends_on)s; %(deputy)s stands in"))
describe("person.absence_ended", _("is back, or not away after all"))
describe("unit.set_limit", _("set a time limit: %(kind)s, %(amount)s %(measured_in)s"))
describe("unit.end_limit", _("ended a time limit: %(kind)s, %(amount)s %(measured_in)s"))
describe("unit.set_hours", _("set the working hours"))
describe("unit.set_day", _("set a day of its own: %(day)s, %(name)s"))
describe("unit.drop_day", _("took back a day of its own: %(day)s, %(name)s"))
describe("unit.add_step", _("added a step of the escalation"))
describe("unit.drop_step", _("dropped a step of the escalation"))
