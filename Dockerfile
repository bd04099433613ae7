# One image for web, worker, beat and one-off commands; docker-compose.yml tells them apart.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
WORKDIR /app
# Packages first: they change less often than the code, so this layer is usually cached.
COPY requirements.txt ./
RUN /opt/venv/bin/python -m pip install --require-hashes --requirement requirements.txt
COPY . .
# No key is needed here, and none stays in the image: both commands only write files.
RUN DATA_DIR=/data ENVIRONMENT=production /opt/venv/bin/python manage.py compile_translations \
 && DATA_DIR=/data ENVIRONMENT=production /opt/venv/bin/python manage.py collectstatic --noinput \
 && mkdir -p /data/media /data/mail \
 && /opt/venv/bin/python -m compileall -q config tenants bots ovh_sniper traffic_guard energy shop lottery

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin botharbor
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# Static files belong to the image; only /data/media is a volume, so an upgrade brings its own.
COPY --from=build --chown=botharbor:botharbor /data /data
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONUTF8=1 PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production EMULATORS=0 DATA_DIR=/data WEB_BIND=0.0.0.0:8000
# by number, so that Kubernetes can see that it is not root
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "deploy/healthcheck.py"]
# gunicorn stops gracefully within 20 s of a SIGTERM, Celery after its running tasks.
STOPSIGNAL SIGTERM
CMD ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi:application"]
