"""Programs of the cast: each talks to the API with a token of its own."""

import pytest
from django.test import Client

from history.administration.tokens import create_token


class Program(Client):
    """Speaks JSON, as one person."""

    def __init__(self, person=None, **options):
        super().__init__(**options)
        self.person = person
        self.token, self.secret = create_token(person, name="Test", days=30) if person else (None, "")

    def ask(self, method: str, path: str, body=None, **headers):
        headers |= {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(super(), method)(f"/api/v1/{path}", headers=headers, **more)

    def read(self, path: str):
        response = self.ask("get", path)
        assert response.status_code == 200, response.json()
        return response.json()

    def send(self, path: str, body=None, **headers):
        return self.ask("post", path, {} if body is None else body, **headers)

    def act(self, incident: str, act: str, **body):
        return self.send(f"incidents/{incident}/acts/{act}/", body)


@pytest.fixture
def program():
    """program(person): a client with that person's token."""
    return Program


def said(response, status: int, error: str) -> dict:
    """The refusal, which always has the same shape."""
    body = response.json()
    assert response.status_code == status, body
    assert set(body) == {"error", "message", "fields", "missing", "version"}
    assert body["error"] == error and body["message"]
    return body
