# One image for every part of Lumos; compose.yaml says which part a container runs.
FROM python:3.13-slim AS packages
WORKDIR /opt/lumos
COPY requirements.lock ./
# --no-deps: the lock names everything, and leaves out on purpose what a package asks for and we do not use.
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --home-dir /data --shell /usr/sbin/nologin lumos && install -d -o lumos -g lumos -m 700 /data
WORKDIR /opt/lumos
COPY --from=packages /opt/lumos/.venv .venv
COPY . .
ENV PATH=/opt/lumos/.venv/bin:$PATH PYTHONPATH=/opt/lumos PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LUMOS_DATA_DIR=/data
USER lumos
VOLUME /data
EXPOSE 8050 1883
STOPSIGNAL SIGTERM
# Without a word: all parts in one container, open to the network. compose.yaml runs them apart.
CMD ["python", "app.py", "--lan"]
