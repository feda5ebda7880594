"""HDFS: one that the chart runs itself, or one that is there."""

from __future__ import annotations

from typing import Literal

from charts.options.base import Budget, Count, Disk, Free, Image, Name, Part, Values

Properties = dict[str, str | int | float | bool]


class NameNode(Part):
    """The node that knows the files."""

    image: Image = Image(repository="yeoul-hdfs")
    storage: Disk = Disk(size="5Gi")
    """Where the names of files and blocks are kept."""
    heap: str = "512m"
    """Java's heap: about 1 GB for a million files."""
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "512Mi"},
        "limits": {"memory": "1Gi"},
    }
    pod_disruption_budget: Budget = Budget()
    """The PodDisruptionBudget of two of them."""


class DataNodes(Part):
    """The nodes that hold the blocks."""

    image: Image = Image(repository="yeoul-hdfs")
    replicas: Count = 1
    """How many."""
    storage: Disk = Disk(size="20Gi")
    """Where each keeps its blocks."""
    heap: str = "256m"
    """Java's heap."""
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "384Mi"},
        "limits": {"memory": "768Mi"},
    }
    pod_disruption_budget: Budget = Budget()
    """Their PodDisruptionBudget."""


class JournalNodes(Part):
    """The three nodes that keep what a NameNode writes, so that the other one has it."""

    image: Image = Image(repository="yeoul-hdfs")
    storage: Disk = Disk(size="5Gi")
    """Where each keeps the edits."""
    heap: str = "256m"
    """Java's heap."""
    resources: Free = {
        "requests": {"cpu": "50m", "memory": "256Mi"},
        "limits": {"memory": "512Mi"},
    }
    pod_disruption_budget: Budget = Budget()
    """Their PodDisruptionBudget; they bear the loss of one."""


class FailoverController(Values):
    """The second container of a NameNode's pod, which sees to it that one of the two is active."""

    heap: str = "128m"
    """Java's heap."""
    resources: Free = {
        "requests": {"cpu": "20m", "memory": "128Mi"},
        "limits": {"memory": "256Mi"},
    }
    """Requests and limits, as in a container."""


class ZooKeeper(Part):
    """Where the NameNodes agree which of them is active."""

    external: str = ""
    """One that is there: `host:port`, several separated by commas; empty: the chart runs one."""
    image: Image = Image(registry="docker.io/library", repository="zookeeper", tag="3.9.4")
    replicas: Literal[1, 3] = 3
    """How many nodes; 3 survive the loss of one. Choose before the first start."""
    storage: Disk = Disk(size="1Gi")
    """Where each keeps what they agreed upon."""
    heap: str = "128m"
    """Java's heap."""
    resources: Free = {
        "requests": {"cpu": "50m", "memory": "192Mi"},
        "limits": {"memory": "384Mi"},
    }
    pod_disruption_budget: Budget = Budget()
    """Their PodDisruptionBudget."""


class HighAvailability(Values):
    """Two NameNodes, of which one is active; pipelines then name HDFS by its name service."""

    enabled: bool = False
    """Have two. A single one becomes two by an upgrade; there is no way back by values alone."""
    journalnode: JournalNodes = JournalNodes()
    """The nodes that keep the edits."""
    zkfc: FailoverController = FailoverController()
    """The containers that choose the active NameNode."""
    zookeeper: ZooKeeper = ZooKeeper()
    """Where they agree."""


class BuiltinHdfs(Values):
    """HDFS by this chart: one NameNode or two, any number of DataNodes."""

    replication: Count = 1
    """How many DataNodes hold each block; at most as many as there are."""
    properties: Properties = {}
    """Further properties of hdfs-site.xml, for nodes and clients."""
    ha: HighAvailability = HighAvailability()
    """High availability."""
    namenode: NameNode = NameNode()
    """The node that knows the files; of two, each."""
    datanode: DataNodes = DataNodes()
    """The nodes that hold the blocks."""


class KeytabSecret(Values):
    """A Secret in each namespace of Spark."""

    name: Name = ""
    """Its name."""
    key: str = "keytab"
    """Which key of it is the keytab."""


class Kerberos(Values):
    """As whom pipelines come to an HDFS that wants Kerberos."""

    principal: str = ""
    """As whom, such as `yeoul@EXAMPLE.COM`; empty: without Kerberos."""
    keytab_secret: KeytabSecret = KeytabSecret()
    """Where the keytab is."""
    krb5_config_map: Name = ""
    """A ConfigMap with krb5.conf in each namespace of Spark."""


class ExternalHdfs(Values):
    """HDFS that is there: its client configuration, as a ConfigMap or as properties."""

    config_map: Name = ""
    """A ConfigMap with core-site.xml and hdfs-site.xml in each namespace of Spark; empty: one is \
made of the properties below."""
    core_site: Properties = {}
    """Properties of core-site.xml: `fs.defaultFS` at least."""
    hdfs_site: Properties = {}
    """Properties of hdfs-site.xml."""
    kerberos: Kerberos = Kerberos()
    """Kerberos."""


class Hdfs(Values):
    """HDFS, into which pipelines write files."""

    provider: Literal["builtin", "external"] = "builtin"
    """Who runs it."""
    builtin: BuiltinHdfs = BuiltinHdfs()
    """HDFS by this chart."""
    external: ExternalHdfs = ExternalHdfs()
    """HDFS that is there."""
