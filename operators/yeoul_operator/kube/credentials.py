"""Where the API server is and who we are: the pod's service account, or a kubeconfig."""

import os
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubernetes.aio.client import Configuration

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# The kubelet renews a token when 80 % of its life is over, at least ten minutes before the end.
_TOKEN_AGE_S = 60.0


class CredentialsError(Exception):
    """The cluster's address or our identity cannot be found out; the text says what to set."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to reach the API server.

    `authorization(fresh)` returns the header's value, or None where a client certificate says who
    we are; `fresh` asks for one that is newer than any before, after a 401.
    """

    host: str
    tls: ssl.SSLContext | None
    authorization: Callable[[bool], Awaitable[str | None]]
    namespace: str
    proxy: str | None = None
    server_name: str | None = None


async def find_credentials(
    kubeconfig: str | None = None, environ: Mapping[str, str] = os.environ
) -> Credentials:
    """Return the credentials of a kubeconfig if one is named, else the pod's, else ~/.kube/config.

    Raises:
        CredentialsError: none of them is there, or what is there cannot be used.
    """
    named = kubeconfig or environ.get("KUBECONFIG")
    if named:
        return await from_kubeconfig(named)
    if environ.get("KUBERNETES_SERVICE_HOST"):
        return from_service_account(SERVICE_ACCOUNT, environ)
    home = Path.home() / ".kube" / "config"
    if home.is_file():
        return await from_kubeconfig(str(home))
    raise CredentialsError(
        f"no cluster to talk to: KUBECONFIG is not set, this is no pod (KUBERNETES_SERVICE_HOST is "
        f"not set), and there is no {home}; set KUBECONFIG, or run inside a cluster"
    )


def from_service_account(folder: Path, environ: Mapping[str, str]) -> Credentials:
    """Return the credentials that the kubelet mounts into `folder`; the token is read again.

    The client library has this too. It is not used here because importing it costs 22 MB, and
    because it counts the token's age by a clock that may be set back.

    Raises:
        CredentialsError: a file is missing.
    """
    address, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "")
    bracketed = f"[{address}]" if ":" in address else address
    token = _TokenFile(folder / "token")
    try:
        tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        token.read()
        namespace = (folder / "namespace").read_text().strip()
    except OSError as error:
        raise CredentialsError(
            f"{folder}: {error.strerror}: {error.filename or 'ca.crt'}; the pod needs a service "
            "account whose token is mounted (automountServiceAccountToken: true)"
        ) from error
    return Credentials(
        f"https://{bracketed}:{port or 443}", tls, token.authorization, namespace=namespace
    )


class _TokenFile:
    """A bound token: valid for an hour or so, and written anew by the kubelet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._value = ""
        self._read_at = float("-inf")

    def read(self) -> None:
        self._value = f"Bearer {self._path.read_text().strip()}"
        self._read_at = time.monotonic()

    async def authorization(self, fresh: bool) -> str | None:
        if fresh or time.monotonic() - self._read_at > _TOKEN_AGE_S:
            self.read()
        return self._value


async def from_kubeconfig(path: str) -> Credentials:
    """Return the credentials of a kubeconfig's current context: certificates, token, exec, OIDC.

    Raises:
        CredentialsError: the file is missing, or is not a kubeconfig that can be used.
    """
    # 22 MB and half a CPU second: only where it is needed, which is not in a pod.
    from kubernetes.aio.client import Configuration
    from kubernetes.aio.config import ConfigException, load_kube_config

    configuration = Configuration()

    async def load() -> str:
        loader = await load_kube_config(  # type: ignore[no-untyped-call]
            path, None, configuration, persist_config=False
        )
        return str(loader.current_context["context"].get("namespace") or "default")

    try:
        namespace = await load()
        tls = _tls_of(configuration) if configuration.host.startswith("https") else None
    except (ConfigException, OSError, ValueError, TypeError) as error:
        raise CredentialsError(
            f"{path}: {error}; set KUBECONFIG to a kubeconfig whose current context works "
            "(`kubectl --kubeconfig ... get --raw /readyz`)"
        ) from error

    async def authorization(fresh: bool) -> str | None:
        if fresh:
            await load()
        return configuration.api_key.get("BearerToken")

    return Credentials(
        configuration.host,
        tls,
        authorization,
        namespace=namespace,
        proxy=configuration.proxy,
        server_name=configuration.tls_server_name,
    )


def _tls_of(configuration: "Configuration") -> ssl.SSLContext:
    tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if configuration.cert_file:
        tls.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    return tls
