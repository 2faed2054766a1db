# One image for every process of Cairn; compose gives each its command and only its own secrets.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements/installer.txt requirements/base.txt ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --require-hashes -r installer.txt \
 && /opt/venv/bin/uv --no-config pip install --python /opt/venv/bin/python --require-hashes -r base.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --home-dir /cairn --no-create-home cairn \
 && install -d -o cairn -g cairn -m 0700 /var/lib/cairn /var/lib/cairn/snapshots
COPY --from=build /opt/venv /opt/venv
WORKDIR /cairn
COPY manage.py ./
COPY config config
COPY sites sites
COPY registry registry
COPY feedback feedback
COPY interventions interventions
COPY templates templates
COPY static static
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    CAIRN_DATA_DIR=/var/lib/cairn \
    CAIRN_STATIC_ROOT=/cairn/staticfiles
# Static files are compressed and named by their content once, here; the key is used for nothing else.
RUN CAIRN_SECRET_KEY=only-for-collecting-static-files python manage.py collectstatic --noinput --verbosity 0
USER cairn
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "python:config.server", "config.wsgi:application"]
