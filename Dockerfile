# One image for web, worker, beat and the deploy step; docker-compose.yml says which is which.

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements-production.txt /tmp/
RUN pip install --require-hashes --only-binary :all: -r /tmp/requirements-production.txt
WORKDIR /app
COPY . .
RUN python -m devstack.catalogues && rm -rf devstack
# Values that only satisfy the settings while static files are collected; none of them ends up in the image.
RUN SERVICELOOP_ENV=production SECRET_KEY=only-while-building-the-image-only-while-building-the-image \
    ALLOWED_HOSTS=build.invalid DATABASE_URL=postgres:///build REDIS_URL=redis://build.invalid \
    STATIC_ROOT=/app/staticfiles python manage.py collectstatic --noinput \
    && python -m compileall -q .

FROM python:3.11-slim
# The worker prints papers as PDF with Chromium; the fonts draw Chinese, Simplified and Traditional.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 serviceloop \
    && useradd --system --uid 10001 --gid serviceloop --home-dir /nonexistent --shell /usr/sbin/nologin serviceloop \
    && install -d -o serviceloop -g serviceloop -m 0700 /data/media /data/beat
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 \
    SERVICELOOP_ENV=production STATIC_ROOT=/app/staticfiles MEDIA_ROOT=/data/media BIND=0.0.0.0:8000 \
    CHROMIUM_SANDBOX=0
WORKDIR /app
USER serviceloop
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=12s --start-period=30s --retries=3 CMD ["python", "-I", "/app/config/probe.py"]
CMD ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
