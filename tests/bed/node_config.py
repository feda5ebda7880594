"""The configuration files of a full node. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bed.recipe import PAUSE_IMAGE

NAME = "node1"
IP = "10.200.0.2"
PODS = "10.244.0.0/16"
DNS_IP = "10.96.0.10"
API_PORT = 6443
VOLUMES = 64
_NODE_PODS = "10.244.0.0/24"
_VOLUME_SIZE = "100Gi"


@dataclass(frozen=True, slots=True)
class Places:
    """Where one node keeps its things.

    Attributes:
        run: its folder.
        cgroup: the name of its cgroup, so that two nodes do not clean up each other's pods.
        snapshotter: `overlayfs`, or `native` where that does not work.
    """

    run: Path
    cgroup: str
    snapshotter: str

    @property
    def kubeconfig(self) -> Path:
        """The admin's, for use within the node's network."""
        return self.run / "kubeconfig"

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.run / "containerd.sock"


def files(places: Places) -> dict[str, str]:
    """All configuration files, by their path below `places.run`."""
    return {
        "cni/10-pods.conflist": _CNI,
        "containerd.toml": _containerd(places),
        "kubelet.yaml": _kubelet(places),
        "kube-proxy.yaml": _proxy(places),
        "Corefile": _corefile(places),
        "resolv.conf": "nameserver 127.0.0.1\n",
    }


def dns_objects() -> list[dict[str, Any]]:
    """The service of CoreDNS, which runs beside the kubelet and not in a pod."""
    labels = {"k8s-app": "kube-dns"}
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": labels},
        "spec": {"clusterIP": DNS_IP, "ports": ports},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kube-dns-node",
            "namespace": "kube-system",
            "labels": {"kubernetes.io/service-name": "kube-dns"},
        },
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [{"addresses": [IP], "conditions": {"ready": True}}],
    }
    return [service, endpoints]


def volume_objects(run: Path) -> list[dict[str, Any]]:
    """The default storage class, and empty volumes of it: folders of the node, not yet made.

    Nobody provisions more of them. They claim a size that nothing holds them to.
    """
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "local",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NAME]}
    volumes = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": path.name},
            "spec": {
                "capacity": {"storage": _VOLUME_SIZE},
                "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "local",
                "local": {"path": str(path)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            },
        }
        for path in volume_folders(run)
    ]
    return [storage, *volumes]


def volume_folders(run: Path) -> list[Path]:
    """Where the volumes lie."""
    return [run / "volumes" / f"volume-{number}" for number in range(VOLUMES)]


_CNI = f"""\
{{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [
    {{
      "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
      "ipam": {{
        "type": "host-local",
        "ranges": [[{{"subnet": "{_NODE_PODS}"}}]],
        "routes": [{{"dst": "0.0.0.0/0"}}]
      }}
    }},
    {{"type": "portmap", "capabilities": {{"portMappings": true}}}}
  ]
}}
"""


def _containerd(places: Places) -> str:
    cri = "io.containerd.grpc.v1.cri"
    # Without restrict_oom_score_adj and oom_score 0, runc fails where it may not lower a score.
    return f"""\
version = 2
root = "{places.run}/containerd/root"
state = "{places.run}/containerd/state"
oom_score = 0
[grpc]
  address = "{places.socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{places.run}/containerd/opt"
[plugins."{cri}"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."{cri}".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{places.run}/cni"
  [plugins."{cri}".containerd]
    snapshotter = "{places.snapshotter}"
    default_runtime_name = "runc"
    [plugins."{cri}".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."{cri}".containerd.runtimes.runc.options]
        SystemdCgroup = false
"""


def _kubelet(places: Places) -> str:
    pki = places.run / "pki"
    return f"""\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupRoot: /{places.cgroup}
containerRuntimeEndpoint: unix://{places.socket}
clusterDNS: [{DNS_IP}]
clusterDomain: cluster.local
resolvConf: {places.run}/resolv.conf
podLogsDir: {places.run}/pods-log
tlsCertFile: {pki}/kubelet.crt
tlsPrivateKeyFile: {pki}/kubelet.key
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: {pki}/ca.crt}}
authorization: {{mode: Webhook}}
oomScoreAdj: 0
# It says every 5 s that it is there.
nodeLeaseDurationSeconds: 20
maxPods: 110
serializeImagePulls: false
# Images are imported, not pulled: none must ever be thrown away, however full the disk is.
imageMinimumGCAge: 24h
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard:
  memory.available: 100Mi
  nodefs.available: 1%
  nodefs.inodesFree: 1%
  imagefs.available: 1%
"""


def _proxy(places: Places) -> str:
    # The limits of conntrack belong to the machine; 0 leaves them alone.
    return f"""\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: {PODS}
clientConnection: {{kubeconfig: {places.kubeconfig}}}
oomScoreAdj: 0
bindAddress: {IP}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {{maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}}
"""


def _corefile(places: Places) -> str:
    return f"""\
.:53 {{
  bind {IP} 127.0.0.1
  errors
  ready 127.0.0.1:18181
  kubernetes cluster.local in-addr.arpa ip6.arpa {{
    kubeconfig {places.kubeconfig}
    pods insecure
    ttl 5
  }}
  cache 5
}}
"""
