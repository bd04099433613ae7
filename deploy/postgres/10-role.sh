#!/bin/sh
# Runs once, on an empty data volume: the role that Botharbor connects as.
# It is no superuser and may not bypass row-level security: PostgreSQL ignores the policies for
# those two kinds of roles. It owns the tables, which is why every policy is FORCEd.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set=ON_ERROR_STOP=1 \
    --set=password="$APP_PASSWORD" <<'SQL'
CREATE ROLE botharbor LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE botharbor OWNER botharbor ENCODING 'UTF8';
REVOKE ALL ON DATABASE botharbor FROM PUBLIC;
SQL
