"""Small pieces of SQL that the declarations of `metrics.counted` are made of."""

from django.db.models import (
    BigIntegerField,
    F,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)

from metrics.spc.percentiles import BIN_SQL


class Bin(Func):
    """The bin of the time from one moment to another (see `metrics.spc.percentiles`); null where one is missing."""

    template = BIN_SQL.format(seconds="extract(epoch from (%(expressions)s))")
    arg_joiner = " - "
    output_field = IntegerField()

    def __init__(self, begins, ends):
        super().__init__(ends, begins)

    def as_sql(self, compiler, connection, **context):
        sql, params = super().as_sql(compiler, connection, **context)
        return sql, list(params) * BIN_SQL.count("{seconds}")  # the template names the time that often


class CaseId(Func):
    """The id in the name of a case: 12 of "incident:12"; null where it is none."""

    template = "(substring(%(expressions)s from '^[a-z]+:([0-9]+)$'))::bigint"
    output_field = BigIntegerField()


class Score(Func):
    """The answer to the question at a position (from 0): arrays of PostgreSQL begin with 1."""

    template = "(%(expressions)s + 1])"
    arg_joiner = "["
    output_field = IntegerField()

    def __init__(self, scores, position):
        super().__init__(scores, position)


class Joined(Func):
    """Texts one after the other; null where one is missing."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = TextField()

    def __init__(self, *parts):
        parts = [Value(part, output_field=TextField()) if isinstance(part, str) else part for part in parts]
        super().__init__(*parts)


def unit_of(cases: QuerySet, name_of_case: str) -> Subquery:
    """The unit to which the case belongs that a row names as text; null where it isn't one of `cases`."""
    return Subquery(cases.filter(pk=CaseId(OuterRef(name_of_case))).order_by().values("unit")[:1])


def or_unit(first: str, second: str) -> Func:
    return Func(F(first), F(second), function="COALESCE", output_field=BigIntegerField())
