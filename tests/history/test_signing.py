"""Signatures: who put their name to what. The password is asked again, checked, and goes no further."""

import logging

import pytest
from allauth.core import context
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from history.models import Event, Signature
from history.signing import canonical, digest_of, sign, still_says
from history.verification import verify
from incidents.forms.acts import SignedActForm
from people import proving
from people.models import Person
from tests.conftest import PASSWORD
from tests.history.forging import by_superuser
from tests.walks import planned, report

pytestmark = pytest.mark.django_db

CONTENT = {"text": "Put the bearing on the card", "cost": None, "owner": "陈工", "days": 10}


def signed(cast, **values) -> Signature:
    return sign("incident:1", "plan-approval", of="plan:7", content=CONTENT, by=cast.quality, **values)


def test_a_signature_says_what_was_signed(cast):
    signature = signed(cast, method="password")
    assert (signature.signer_name, signature.of, signature.method) == ("Wang Qiang", "plan:7", "password")
    assert signature.digest == digest_of(canonical(CONTENT))
    assert still_says(signature, dict(reversed(CONTENT.items()))), "the order of the keys doesn't matter"
    assert not still_says(signature, CONTENT | {"days": 11})


def test_a_row_forged_by_sql_no_longer_says_what_was_signed(cast):
    signature = signed(cast)
    forged = canonical(CONTENT | {"days": 99})
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("UPDATE history_signature SET content = %s", [forged])
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("DELETE FROM history_signature")
    by_superuser("UPDATE history_signature SET content = %s", [forged])
    signature.refresh_from_db()
    assert not still_says(signature, CONTENT)
    assert not still_says(signature, CONTENT | {"days": 99}), "the digest belongs to the other words"


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        ("SET content = replace(content, 'weekly', 'yearly')", "were changed"),
        (
            "SET content = replace(content, 'weekly', 'yearly'),"
            " digest = encode(sha256(convert_to(replace(content, 'weekly', 'yearly'), 'UTF8')), 'hex')",
            "was exchanged",
        ),
        ("SET signer_id = (SELECT max(id) FROM people_person)", "was exchanged"),
        ("SET \"case\" = 'incident:0'", "was exchanged"),
    ],
)
def test_the_history_finds_a_forged_signature(cast, units, forgery, found):
    incident = planned(cast, units)
    assert list(verify()) == []
    by_superuser(f"UPDATE history_signature {forgery} WHERE meaning = 'plan-approval'")
    findings = [str(finding) for finding in verify(case=incident.case)]
    assert len(findings) == 1 and found in findings[0] and incident.case in findings[0]
    assert [str(finding) for finding in verify()] == findings


def test_the_history_misses_a_signature_that_is_gone(cast, units):
    planned(cast, units)
    by_superuser("DELETE FROM history_signature WHERE meaning = 'plan-approval'")
    assert "is gone" in "".join(str(finding) for finding in verify())


# The password under it -----------------------------------------------------------------------------------------------
@pytest.fixture
def form(cast, units):
    """form(person, secret): the form of a signed act, sent."""
    incident = report(cast, units)

    def send(person: Person, secret: str | None) -> SignedActForm:
        data = {"version": incident.version} | ({} if secret is None else {"password": secret})
        return SignedActForm(data, incident=incident, person=person)

    return send


def test_the_right_password_signs_and_goes_no_further(form, cast, caplog):
    with caplog.at_level(logging.DEBUG):
        sent = form(cast.quality, PASSWORD)
        assert sent.is_valid() and sent.values() == {"method": "password"}
    assert PASSWORD not in sent.as_p() and PASSWORD not in caplog.text
    assert not Event.objects.filter(payload__contains=PASSWORD).exists()


@pytest.mark.parametrize("secret", ["", None, "wrong", PASSWORD + " "])
def test_a_wrong_password_signs_nothing(form, cast, secret):
    sent = form(cast.quality, secret)
    assert not sent.is_valid() and set(sent.errors) == {"password"}
    assert "wrong" not in sent.as_p()


def test_after_five_wrong_ones_the_right_one_has_to_wait(form, cast):
    for _ in range(5):
        assert "not your password" in form(cast.quality, "wrong").errors["password"][0]
    assert "Wait five minutes" in form(cast.quality, PASSWORD).errors["password"][0]
    assert form(cast.quality_two, PASSWORD).is_valid(), "somebody else isn't held up"
    cast.quality.refresh_from_db()
    assert cast.quality.is_active and cast.quality.check_password(PASSWORD), "the account isn't locked"


def test_the_right_one_wipes_the_slate(form, cast):
    for _ in range(3):
        for _ in range(4):
            assert not form(cast.quality, "wrong").is_valid()
        assert form(cast.quality, PASSWORD).is_valid()


@pytest.fixture
def in_a_request(rf):
    with context.request_context(rf.post("/")):
        yield


def test_who_signs_in_elsewhere_signs_by_session_or_code(form, cast, in_a_request):
    cast.quality.set_unusable_password()
    cast.quality.save()
    sent = form(cast.quality, None)
    assert "password" not in sent.fields and sent.is_valid() and sent.values() == {"method": "session"}
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(cast.quality, secret)
    assert not form(cast.quality, "000000x").is_valid() and not form(cast.quality, None).is_valid()
    code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    sent = form(cast.quality, code)
    assert sent.is_valid(), sent.errors
    assert sent.values() == {"method": "code"} and "one-time-code" in sent.as_p()
    assert not form(cast.quality, code).is_valid(), "a code is good for one use"


def test_a_password_that_nobody_has_is_never_right(cast):
    cast.quality.set_unusable_password()
    assert proving.way_of(cast.quality) == "session"
    with pytest.raises(ValidationError):
        proving.prove(cast.owner, cast.owner.password)
