# imtdx serve in a container: docker build -t imtdx . && docker run --rm -p 127.0.0.1:8765:8765 imtdx
# There are no passwords and no encryption in it: publish the port on this computer only, or behind a server that has both.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE CITATION.cff ./
COPY imtdx imtdx
COPY knowledge knowledge
RUN pip install --no-cache-dir --prefix=/install ".[serve]"

FROM python:3.12-slim
COPY --from=build /install /usr/local
RUN useradd --system --create-home imtdx
USER imtdx
EXPOSE 8765
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/health').read()"]
CMD ["imtdx", "serve", "--host", "0.0.0.0", "--allow-host", "*", "--workers", "2"]
