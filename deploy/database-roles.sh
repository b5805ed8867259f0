#!/bin/bash
# Runs once, when the database's volume is new: the owner, under whom migrations run, and the application's role.
# `config.deploy` then grants the application what it needs; it may never change or drop history.
set -euo pipefail

# Passwords go by psql's variables from the environment: not on a command line, and quoted as SQL wants it.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv application_password APPLICATION_PASSWORD
CREATE ROLE serviceloop_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE serviceloop LOGIN PASSWORD :'application_password';
CREATE DATABASE serviceloop OWNER serviceloop_owner;
REVOKE ALL ON DATABASE serviceloop FROM PUBLIC;
GRANT CONNECT ON DATABASE serviceloop TO serviceloop;
SQL
