"""How acts on what leaves a unit are told."""

from django.utils.translation import gettext_lazy as _

from history.timeline import describe

describe("unit.add_endpoint", _("had notices of this unit sent to “%(name)s” as well"), icon="send")
describe("unit.change_endpoint", _("changed the endpoint “%(name)s”"), icon="send")
describe("unit.end_endpoint", _("stopped sending notices to “%(name)s”"), icon="send")
describe("person.absence", _("is away from %(begins_on)s until %(ends_on)s; %(deputy)s stands in"))
describe("person.absence_ended", _("is back, or not away after all"))
