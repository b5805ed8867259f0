"""The house of docs/: each room rests only on those to its left; and the migrations match the models."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("people", "history", "reminders", "incidents", "capa", "complaints", "metrics")
PROJECT = {*ROOMS, "config", "devstack", "tests"}


def modules(app: str) -> list[Path]:
    return sorted((ROOT / app).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Every import of a module: the top package, the line, and whether it stands inside a function.

    Those under `if TYPE_CHECKING` and in functions count as well: an arrow is an arrow.
    """
    yield from imports_in(ast.parse(path.read_text(encoding="utf-8")), path, inside_function=False)


def imports_in(node: ast.AST, path: Path, *, inside_function: bool) -> Iterator[tuple[str, int, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield alias.name.split(".")[0], child.lineno, inside_function
        elif isinstance(child, ast.ImportFrom):
            top = path.relative_to(ROOT).parts[0] if child.level else child.module.split(".")[0]
            yield top, child.lineno, inside_function
        elif isinstance(child, ast.Call) and is_import_by_name(child):
            yield (
                child.args[0].value.split(".")[0],
                child.lineno,
                False,
            )  # the name of a model may be needed late
        deeper = inside_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from imports_in(child, path, inside_function=deeper)


def is_import_by_name(call: ast.Call) -> bool:
    """import_module("capa.plan"), import_string("..."), apps.get_model("capa", "Plan"): arrows in disguise."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    constant = call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    return bool(constant) and name in {"import_module", "import_string", "__import__", "get_model"}


def arrows_back(app: str) -> list[str]:
    allowed = {*ROOMS[: ROOMS.index(app) + 1]}
    return [
        f"{path.relative_to(ROOT)}:{line} imports {top}"
        for path in modules(app)
        for top, line, _inside in imports(path)
        if top in PROJECT and top not in allowed
    ]


@pytest.mark.parametrize("app", ROOMS)
def test_no_import_points_back(app):
    assert not arrows_back(app)


@pytest.mark.parametrize("app", [*ROOMS, "config"])
def test_no_project_import_hides_in_a_function(app):
    hidden = [
        f"{path.relative_to(ROOT)}:{line} imports {top}"
        for path in modules(app)
        for top, line, inside_function in imports(path)
        if inside_function and top in PROJECT
    ]
    assert not hidden


@pytest.mark.parametrize("app", ROOMS)
def test_no_relation_between_models_points_back(app):
    if not apps.is_installed(app):
        pytest.skip("comes with a later issue")
    back = [
        f"{field} -> {field.related_model._meta.label}"
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
        if field.related_model._meta.app_label in ROOMS[ROOMS.index(app) + 1 :]
    ]
    assert not back


def test_no_migration_points_back():
    graph = MigrationLoader(None).graph
    back = [
        f"{app}.{name} depends on {parent}"
        for (app, name), node in graph.node_map.items()
        if app in ROOMS
        for parent in (parent.key for parent in node.parents)
        if parent[0] in ROOMS and ROOMS.index(parent[0]) > ROOMS.index(app)
    ]
    assert not back


@pytest.mark.django_db
def test_migrations_match_the_models(capsys):
    try:
        call_command("makemigrations", check=True, dry_run=True, interactive=False)
    except SystemExit:
        pytest.fail(f"a migration is missing:\n{capsys.readouterr().out}")


@pytest.mark.parametrize(
    ("code", "arrows"),
    [
        ("import capa.plan", ["capa"]),
        ("from capa.plan import submit", ["capa"]),
        ("from . import stages", []),
        ("from django.db import models\nfrom history.models import Event", []),
        ("if TYPE_CHECKING:\n    from capa.models import Plan", ["capa"]),
        ("def late():\n    from capa.models import Plan", ["capa"]),
        ("class A:\n    def late(self):\n        return import_module('capa.plan')", ["capa"]),
        ("from config.settings import X", ["config"]),
    ],
)
def test_the_reader_of_imports_sees_every_kind(code, arrows, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.test_architecture.ROOT", tmp_path)
    (tmp_path / "incidents").mkdir()
    (tmp_path / "incidents" / "sample.py").write_text(code)
    assert [line.split()[-1] for line in arrows_back("incidents")] == arrows
