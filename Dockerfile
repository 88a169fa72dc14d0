# Frontline, in stages: what exports the encoder stays behind. There is no torch in any.
FROM python:3.11-slim-bookworm AS model
WORKDIR /src
COPY . .
RUN deploy/image.sh model python3 /work /model

FROM python:3.11-slim-bookworm AS serve
WORKDIR /src
COPY . .
RUN deploy/image.sh serve python3 /opt/frontline

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /srv/frontline frontline \
 && mkdir -p /srv/frontline/var/store \
 && chown -R frontline /srv/frontline/var
COPY --from=serve /opt/frontline /opt/frontline
COPY --from=model /model /opt/model
ENV PATH=/opt/frontline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FRONTLINE_HOME=/srv/frontline \
    FRONTLINE_MODEL__FOLDER=/opt/model \
    FRONTLINE_MATCH__TRAIN=never \
    FRONTLINE_SERVER__HOST=0.0.0.0
USER 10001
WORKDIR /srv/frontline
# The store. All else may be read-only; /tmp is needed.
VOLUME /srv/frontline/var
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["frontline"]
CMD ["serve"]
