"""A service account by whose token `spark-submit` reaches the API server."""

from __future__ import annotations

import base64
from pathlib import Path

import yaml

from bed.api import Api
from submit.translation import Access


def submitter(api: Api, kubeconfig: Path, namespace: str, folder: Path) -> Access:
    """An account that may create everything in the namespace; its server's CA goes to `folder`."""
    name = "submitter"
    api.create(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace},
        }
    )
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}
    api.create(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": namespace},
            "roleRef": role,
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }
    )
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    token = api.request("POST", path, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
    config = yaml.safe_load(kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    authority = folder / "ca.crt"
    if "certificate-authority-data" in cluster:
        authority.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    else:
        authority.write_bytes((kubeconfig.parent / cluster["certificate-authority"]).read_bytes())
    return Access(cluster["server"], token, authority)
