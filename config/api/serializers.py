"""How things look in JSON. For reading only: what is written goes through the forms of the acts."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from capa.models import Cause, CauseProof, Improvement, LedgerEntry, Measure, Plan, Verification
from history.models import Signature
from incidents.models import Evidence
from incidents.stages import Attributable, Channel, ReporterKind, Severity, Stage
from people.models import Role


class Shown(serializers.Serializer):
    """Every field is only read."""

    def get_fields(self):
        fields = super().get_fields()
        for field in fields.values():
            field.read_only = True
        return fields


def one_of(choices, **options) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=choices.choices, **options)


# People and places ---------------------------------------------------------------------------------------------------
class PersonSerializer(Shown):
    username = serializers.CharField()
    name = serializers.CharField(source="display_name")


class UnitRefSerializer(Shown):
    id = serializers.IntegerField(source="pk")
    code = serializers.CharField()
    name = serializers.CharField()


class UnitSerializer(UnitRefSerializer):
    parent = serializers.IntegerField(source="parent_id", allow_null=True, help_text=_("Null for a company."))
    closed_on = serializers.DateField(allow_null=True)


class PostSerializer(Shown):
    role = one_of(Role)
    unit = UnitRefSerializer()


class MeSerializer(PersonSerializer):
    job_title = serializers.CharField()
    language = serializers.CharField()
    time_zone = serializers.CharField()
    unit = UnitRefSerializer(source="home_unit", allow_null=True)
    posts = PostSerializer(source="current_posts", many=True)


class TypeRefSerializer(Shown):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


class TypeSerializer(TypeRefSerializer):
    parent = serializers.CharField(source="parent.code", allow_null=True, default=None)


class ContactSerializer(Shown):
    """Masked, for everybody."""

    name = serializers.CharField(source="masked_name")
    phone = serializers.CharField(source="masked_phone")
    email = serializers.CharField(source="masked_email")


# An incident ---------------------------------------------------------------------------------------------------------
class IncidentRowSerializer(Shown):
    number = serializers.CharField()
    title = serializers.CharField()
    type = TypeRefSerializer()
    unit = UnitRefSerializer()
    place = serializers.CharField()
    channel = one_of(Channel)
    severity = one_of(Severity, allow_null=True)
    stage = one_of(Stage)
    round = serializers.IntegerField(source="cycle")
    version = serializers.IntegerField(help_text=_("Send it with an act: what you decided on."))
    owner = PersonSerializer(allow_null=True, help_text=_("Who is waited for."))
    occurred_at = serializers.DateTimeField()
    reported_at = serializers.DateTimeField()
    stage_since = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    is_overdue = serializers.BooleanField()
    closed_at = serializers.DateTimeField(allow_null=True)
    people_affected = serializers.IntegerField(allow_null=True)


class ConditionSerializer(Shown):
    label = serializers.CharField()
    met = serializers.BooleanField()


class OfferSerializer(Shown):
    act = serializers.CharField(source="act.slug", help_text=_("POST to …/acts/<act>/."))
    title = serializers.CharField(source="act.title")
    ready = serializers.BooleanField(help_text=_("Its gate is met."))
    is_forward = serializers.BooleanField(source="act.is_forward", help_text=_("It takes the case on."))


class AttributionSerializer(Shown):
    kind = one_of(Attributable)
    unit = UnitRefSerializer()
    person = PersonSerializer()
    share = serializers.IntegerField(help_text=_("In %."))
    reason = serializers.CharField()
    is_lead = serializers.BooleanField()


class AgreementSerializer(Shown):
    person = PersonSerializer()
    role = one_of(Role)
    agreed_at = serializers.DateTimeField()


class ObjectionSerializer(Shown):
    raised_by = PersonSerializer()
    raised_at = serializers.DateTimeField()
    reason = serializers.CharField()
    upheld = serializers.BooleanField(allow_null=True, help_text=_("Null until it is decided."))
    decided_by = PersonSerializer(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision = serializers.CharField()


class EvidenceSerializer(Shown):
    """What is known of a file; the file itself is on the page of the case."""

    id = serializers.UUIDField()
    kind = one_of(Evidence.Kind)
    name = serializers.CharField()
    caption = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text=_("Bytes."))
    sha256 = serializers.CharField(help_text=_("Of the file as it was sent."))
    stage = one_of(Stage)
    taken_at = serializers.DateTimeField(allow_null=True)
    uploaded_at = serializers.DateTimeField()
    uploaded_by = PersonSerializer(allow_null=True)


class AnalysisSerializer(Shown):
    round = serializers.IntegerField(source="cycle")
    problem = serializers.CharField()
    escape = serializers.CharField()
    why_differs = serializers.CharField()
    report = serializers.CharField()
    concluded_by = PersonSerializer(allow_null=True)
    concluded_at = serializers.DateTimeField(allow_null=True)


class ProofSerializer(Shown):
    evidence = serializers.UUIDField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    note = serializers.CharField()


class CauseProofSerializer(ProofSerializer):
    kind = one_of(CauseProof.Kind)
    source = serializers.CharField(help_text=_("Who or what says so."))
    mark = serializers.CharField(help_text=_("Where in it: a time mark, a page, a line."))
    withdrawn = serializers.SerializerMethodField(help_text=_("Withdrawn evidence proves nothing."))

    def get_withdrawn(self, proof: dict) -> bool:
        return proof["withdrawn"] is not None


class CauseSerializer(Shown):
    id = serializers.IntegerField(source="pk")
    round = serializers.IntegerField(source="cycle")
    parent = serializers.IntegerField(source="parent_id", allow_null=True)
    side = one_of(Cause.Side)
    category = serializers.CharField(help_text=_("One of the six bones by its code, or a bone named freely."))
    category_label = serializers.CharField()
    text = serializers.CharField()
    status = one_of(Cause.Status)
    is_root = serializers.BooleanField()
    finding = serializers.CharField()
    proofs = CauseProofSerializer(source="shown_proofs", many=True)


class SignatureSerializer(Shown):
    signer = serializers.CharField(source="signature.signer_name", help_text=_("As the name was then."))
    at = serializers.DateTimeField(source="signature.at")
    meaning = one_of(Signature.Meaning, source="signature.meaning")
    method = one_of(Signature.Method, source="signature.method")
    digest = serializers.CharField(source="signature.digest", help_text=_("SHA-256 of what was signed."))
    stands = serializers.BooleanField(help_text=_("False when it has changed since."))


class PlanSerializer(Shown):
    round = serializers.IntegerField(source="cycle")
    revision = serializers.IntegerField()
    status = one_of(Plan.Status)
    feasibility = serializers.CharField()
    expected_effect = serializers.CharField()
    author = PersonSerializer()
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_by = PersonSerializer(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_note = serializers.CharField()
    signatures = SignatureSerializer(source="shown_signatures", many=True)


class MeasureSerializer(Shown):
    id = serializers.IntegerField(source="pk")
    number = serializers.CharField(allow_null=True, help_text=_("Given when the plan is approved."))
    round = serializers.IntegerField(source="plan.cycle")
    revision = serializers.IntegerField(source="plan.revision", help_text=_("Of the plan."))
    cause = serializers.IntegerField(source="cause_id", allow_null=True)
    kind = one_of(Measure.Kind)
    strength = one_of(Measure.Strength)
    text = serializers.CharField()
    target = serializers.CharField()
    baseline_value = serializers.DecimalField(max_digits=14, decimal_places=3, allow_null=True)
    expected_value = serializers.DecimalField(max_digits=14, decimal_places=3, allow_null=True)
    value_unit = serializers.CharField()
    owner = PersonSerializer(allow_null=True)
    unit = UnitRefSerializer(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    original_due_on = serializers.DateField(allow_null=True)
    cost = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    status = one_of(Measure.Status)
    progress = serializers.IntegerField(help_text=_("In %."))
    done_at = serializers.DateTimeField(allow_null=True)


class VerificationSerializer(Shown):
    round = serializers.IntegerField(source="cycle")
    metric = serializers.CharField()
    unit_of_exposure = serializers.CharField()
    before_from = serializers.DateField()
    before_until = serializers.DateField()
    before_events = serializers.IntegerField()
    before_exposure = serializers.DecimalField(max_digits=16, decimal_places=2)
    after_from = serializers.DateField()
    after_until = serializers.DateField()
    after_events = serializers.IntegerField()
    after_exposure = serializers.DecimalField(max_digits=16, decimal_places=2)
    source = serializers.CharField()
    recurrences = serializers.IntegerField()
    satisfaction = serializers.CharField()
    proposal = one_of(Verification.Verdict, help_text=_("What the data say."))
    verdict = one_of(Verification.Verdict)
    reasons = serializers.CharField()
    watch_until = serializers.DateField(allow_null=True)
    judged_by = PersonSerializer()
    judged_at = serializers.DateTimeField()


class ImprovementSerializer(Shown):
    id = serializers.IntegerField(source="pk")
    round = serializers.IntegerField(source="cycle")
    kind = one_of(Improvement.Kind)
    text = serializers.CharField()
    unit = UnitRefSerializer(allow_null=True)
    owner = PersonSerializer(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    applies = serializers.BooleanField(allow_null=True)
    acknowledgement = serializers.CharField()
    proof = serializers.CharField()
    done_at = serializers.DateTimeField(allow_null=True)


class IncidentSerializer(IncidentRowSerializer):
    """Everything of one incident; made from a Picture."""

    description = serializers.CharField()
    impact = serializers.CharField()
    containment = serializers.CharField()
    reporter_kind = one_of(ReporterKind)
    reporter = PersonSerializer(allow_null=True)
    contact = ContactSerializer(allow_null=True)
    responsible_unit = UnitRefSerializer(allow_null=True)
    responsible_person = PersonSerializer(allow_null=True)
    facts_verified = serializers.CharField()
    short_path = serializers.BooleanField()
    correction = serializers.CharField()
    lessons = serializers.CharField()
    merged_into = serializers.CharField(source="merged_into.number", allow_null=True, default=None)
    gate = ConditionSerializer(many=True, help_text=_("What the step forwards needs."))
    acts = OfferSerializer(many=True, help_text=_("What you may do now."))
    attributions = AttributionSerializer(many=True)
    agreements = AgreementSerializer(many=True)
    objections = ObjectionSerializer(many=True)
    analyses = AnalysisSerializer(many=True)
    causes = CauseSerializer(many=True, help_text=_("Of all rounds."))
    plans = PlanSerializer(many=True, help_text=_("Every version of every round."))
    measures = MeasureSerializer(many=True)
    verifications = VerificationSerializer(many=True)
    improvements = ImprovementSerializer(many=True)
    evidence = EvidenceSerializer(many=True)


class IncidentPageSerializer(Shown):
    results = IncidentRowSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ReportedSerializer(Shown):
    number = serializers.CharField()
    url = serializers.URLField(
        help_text=_("Where the case is read; for an anonymous report its secret address.")
    )


# One measure ---------------------------------------------------------------------------------------------------------
class EntrySerializer(Shown):
    kind = one_of(LedgerEntry.Kind)
    text = serializers.CharField()
    progress = serializers.IntegerField(allow_null=True)
    new_due_on = serializers.DateField(allow_null=True)
    in_order = serializers.BooleanField(allow_null=True)
    cost = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    by = serializers.CharField(source="by_name")
    at = serializers.DateTimeField()
    proofs = ProofSerializer(source="shown_proofs", many=True)


class RecordSerializer(Shown):
    act = serializers.CharField(source="slug", help_text=_("POST to …/acts/<act>/."))
    title = serializers.CharField()


class MeasureDetailSerializer(MeasureSerializer):
    incident = serializers.CharField(source="incident.number")
    entries = EntrySerializer(many=True, source="ledger", help_text=_("The tracking ledger, oldest first."))
    acts = RecordSerializer(many=True, help_text=_("What you may record now."))
