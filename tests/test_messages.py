"""Everything a user sees is there in every language."""

from devstack.messages import catalogue_problems


def test_no_text_is_missing_fuzzy_or_broken_in_any_language():
    problems = list(catalogue_problems())
    assert not problems, f"{len(problems)} texts (`python3 dev.py messages`):\n" + "\n".join(problems[:40])
