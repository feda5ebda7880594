"""Finding and creating the table: in its own folder (a Hadoop catalog), or in a catalog."""

from collections.abc import Mapping
from typing import Any, Protocol

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from yeoul_stream.pipeline import Hdfs
from yeoul_stream.pipeline.sinks import Catalog

_GONE = ("NoSuchTableException", "NoSuchNamespaceException")


class Tables(Protocol):
    """Where a table is found under its name."""

    def load(self) -> Any | None:
        """Return Iceberg's own table object, None where there is no such table."""
        ...

    def create(self, schema: Any, spec: Any, properties: Any) -> Any:
        """Create it, or return the one that somebody has created meanwhile."""
        ...

    def drop(self, table: Any) -> None:
        """Remove the table that was loaded, with its files."""
        ...


def tables(spark: SparkSession, target: Hdfs, secret: Mapping[str, str]) -> Tables:
    """Return where the table of `target` is found. Connects to nothing yet."""
    if target.catalog is None:
        return _Folder(spark, target.path)
    return _Catalogued(spark, target.catalog, target.path, secret)


class _Folder:
    """A folder that is a table: what `warehouse/namespace/table` is to a Hadoop catalog."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        jvm: Any = spark._jvm
        self._iceberg = jvm.org.apache.iceberg
        configuration = spark._jsc.hadoopConfiguration()
        self._tables = self._iceberg.hadoop.HadoopTables(configuration)
        folder = jvm.org.apache.hadoop.fs.Path(path)
        # With scheme and host: orphans are told by comparing whole addresses.
        qualified = folder.getFileSystem(configuration).makeQualified(folder)
        self._location = str(qualified.toString())

    def load(self) -> Any | None:
        return found(lambda: self._tables.load(self._location))

    def create(self, schema: Any, spec: Any, properties: Any) -> Any:
        order = self._iceberg.SortOrder.unsorted()
        return created(
            lambda: self._tables.create(schema, spec, order, properties, self._location), self.load
        )

    def drop(self, table: Any) -> None:
        # Iceberg's own way would take the whole folder, with what else lies in it.
        metadata = table.operations().current()
        self._iceberg.CatalogUtil.dropTableData(table.io(), metadata)


class _Catalogued:
    def __init__(
        self, spark: SparkSession, catalog: Catalog, path: str, secret: Mapping[str, str]
    ) -> None:
        jvm: Any = spark._jvm
        iceberg, self._path = jvm.org.apache.iceberg, path
        configuration = spark._jsc.hadoopConfiguration()
        options = jvm.java.util.HashMap()
        settings = {
            "type": catalog.type,
            "uri": catalog.uri,
            **({"warehouse": catalog.warehouse} if catalog.warehouse else {}),
            **_DEFAULTS[catalog.type],
            **catalog.properties,
            **secret,
        }
        for key, value in settings.items():
            options.put(key, value)
        self._catalog = iceberg.CatalogUtil.buildIcebergCatalog("yeoul", options, configuration)
        self._name = iceberg.catalog.TableIdentifier.parse(catalog.table)

    def load(self) -> Any | None:
        return found(lambda: self._catalog.loadTable(self._name))

    def create(self, schema: Any, spec: Any, properties: Any) -> Any:
        created(lambda: self._catalog.createNamespace(self._name.namespace()), lambda: None)
        builder = self._catalog.buildTable(self._name, schema).withPartitionSpec(spec)
        builder = builder.withProperties(properties).withLocation(self._path)
        return created(builder.create, self.load)

    def drop(self, table: Any) -> None:  # noqa: ARG002 (the catalog finds it by its name)
        self._catalog.dropTable(self._name, True)


# A warehouse is asked for at once, and used only for tables without a folder of their own.
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "rest": {},
    "jdbc": {"warehouse": "/", "jdbc.schema-version": "V1"},
}


def found(load: Any) -> Any | None:
    """Return what `load` gives, None where Iceberg says that there is no such table."""
    try:
        return load()
    except Py4JJavaError as error:
        if java_name(error) in _GONE:
            return None
        raise


def created(create: Any, load: Any) -> Any:
    """Return what `create` gives, or what `load` does where it is there already."""
    try:
        return create()
    except Py4JJavaError as error:
        if java_name(error) != "AlreadyExistsException":
            raise
        return load()


def java_name(error: Py4JJavaError) -> str:
    """Return the simple name of a Java exception's class."""
    return str(error.java_exception.getClass().getSimpleName())
