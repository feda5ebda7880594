"""The command lines of the control plane's processes, the same on loopback and on a node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bed import cache

SERVICES = "10.96.0.0/16"
# With the default of 20 a second, 1,000 pods take 50 s to become ready instead of 20 s.
_FAST = ("--kube-api-qps=300", "--kube-api-burst=600")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one cluster keeps its things and on which ports of loopback it listens.

    Attributes:
        run: its folder: `pki/`, `log/`, `etcd/`, `kubeconfig`.
        api_port: the API server's.
        etcd_port: etcd's, for clients.
        peer_port: etcd's, for other members; there are none.
        bind: the address on which the API server listens.
        advertise: the address that pods reach it by; None on loopback.
    """

    run: Path
    api_port: int
    etcd_port: int
    peer_port: int
    bind: str = "127.0.0.1"
    advertise: str | None = None

    @property
    def pki(self) -> Path:
        """The folder of certificates and keys."""
        return self.run / "pki"

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig."""
        return self.run / "kubeconfig"

    @property
    def url(self) -> str:
        """The API server's address on loopback."""
        return f"https://127.0.0.1:{self.api_port}"


def etcd(layout: Layout) -> list[str]:
    """One member that does not wait for the disk."""
    clients = f"http://127.0.0.1:{layout.etcd_port}"
    peers = f"http://127.0.0.1:{layout.peer_port}"
    return [
        str(cache.binary("etcd")),
        "--name=bed",
        f"--data-dir={layout.run / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=bed={peers}",
    ]


def api_server(layout: Layout) -> list[str]:
    """An API server with RBAC and all default admission, ResourceQuota among it."""
    pki = layout.pki
    command = [
        str(cache.binary("kube-apiserver")),
        f"--etcd-servers=http://127.0.0.1:{layout.etcd_port}",
        f"--secure-port={layout.api_port}",
        f"--bind-address={layout.bind}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'admin.crt'}",
        f"--kubelet-client-key={pki / 'admin.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-key-file={pki / 'sa.pub'}",
        f"--service-account-signing-key-file={pki / 'sa.key'}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--profiling=false",
        "--event-ttl=1h",
        # A stopped server is expected back at once, not after a minute of grace.
        "--shutdown-delay-duration=0s",
    ]
    if layout.advertise:
        command.append(f"--advertise-address={layout.advertise}")
    return command


def controller_manager(layout: Layout, pods: str | None = None) -> list[str]:
    """All controllers; `pods` is the range that nodes get their pods' addresses from."""
    pki = layout.pki
    command = [
        str(cache.binary("kube-controller-manager")),
        f"--kubeconfig={layout.kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        *_FAST,
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--service-account-private-key-file={pki / 'sa.key'}",
        f"--cluster-signing-cert-file={pki / 'ca.crt'}",
        f"--cluster-signing-key-file={pki / 'ca.key'}",
    ]
    if pods:
        command += ["--allocate-node-cidrs=true", f"--cluster-cidr={pods}"]
        # A lost node is noticed after half a minute instead of 50 s.
        command.append("--node-monitor-grace-period=30s")
    return command


def scheduler(layout: Layout) -> list[str]:
    """The default scheduler."""
    return [
        str(cache.binary("kube-scheduler")),
        f"--kubeconfig={layout.kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        *_FAST,
    ]


def kwok(layout: Layout, stages: Path) -> list[str]:
    """KWOK, which plays the kubelet of every node."""
    return [
        str(cache.binary("kwok")),
        f"--config={stages}",
        f"--kubeconfig={layout.kubeconfig}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
    ]


def kubeconfig(server: str, pki: Path) -> str:
    """The admin's kubeconfig for the server at that address, as YAML."""
    return f"""\
apiVersion: v1
kind: Config
clusters:
  - {{name: bed, cluster: {{server: "{server}", certificate-authority: {pki / "ca.crt"}}}}}
users:
  - name: admin
    user: {{client-certificate: {pki / "admin.crt"}, client-key: {pki / "admin.key"}}}
contexts:
  - {{name: bed, context: {{cluster: bed, user: admin}}}}
current-context: bed
"""
