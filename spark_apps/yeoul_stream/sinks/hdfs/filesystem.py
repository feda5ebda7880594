"""A folder in HDFS (or any Hadoop file system) through the driver's JVM."""

import time
from collections.abc import Iterator
from typing import Any

from pyspark.sql import SparkSession


class HadoopFolder:
    """File operations under one root; all paths are relative to it, with forward slashes."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        jvm: Any = spark._jvm
        self._jvm = jvm
        configuration = spark._jsc.hadoopConfiguration()
        self._root = jvm.org.apache.hadoop.fs.Path(root)
        self._fs = self._root.getFileSystem(configuration)

    def uri(self, path: str = "") -> str:
        """Return the absolute URI of `path`."""
        qualified: str = self._fs.makeQualified(self._path(path)).toString()
        return qualified

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(self._root, path) if path else self._root

    def names(self, path: str) -> tuple[str, ...]:
        """Return the sorted names directly under `path`; none where it does not exist."""
        target = self._path(path)
        if not self._fs.exists(target):
            return ()
        return tuple(sorted(status.getPath().getName() for status in self._fs.listStatus(target)))

    def files(self, path: str) -> Iterator[str]:
        """Yield every file below `path`, relative to it."""
        target = self._path(path)
        if not self._fs.exists(target):
            return
        prefix = self.uri(path).rstrip("/") + "/"
        found = self._fs.listFiles(target, True)
        while found.hasNext():
            yield found.next().getPath().toString().removeprefix(prefix)

    def sizes(self, path: str) -> Iterator[tuple[str, int]]:
        """Yield every file below `path`, relative to it, with its bytes."""
        prefix = self.uri(path).rstrip("/") + "/"
        found = self._fs.listFiles(self._path(path), True)
        while found.hasNext():
            status = found.next()
            yield status.getPath().toString().removeprefix(prefix), int(status.getLen())

    def size(self, path: str) -> int:
        """Return a file's bytes."""
        return int(self._fs.getFileStatus(self._path(path)).getLen())

    def age(self, path: str) -> float:
        """Return for how many seconds a file or folder has not changed."""
        changed = self._fs.getFileStatus(self._path(path)).getModificationTime()
        return time.time() - float(changed) / 1000

    def exists(self, path: str) -> bool:
        """Return whether there is a file or folder."""
        return bool(self._fs.exists(self._path(path)))

    def read_text(self, path: str) -> str:
        """Return a file's content as UTF-8."""
        stream = self._fs.open(self._path(path))
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def put_if_absent(self, path: str, temporary: str, text: str) -> bool:
        """Create a file whole, or return False when it is there already, or its folder is not.

        Written under `temporary` and flushed to disk first: the rename is the atomic step.
        """
        aside = self._path(temporary)
        stream = self._fs.create(aside, True)
        try:
            stream.write(text.encode())
            stream.hsync()
        finally:
            stream.close()
        if self._fs.rename(aside, self._path(path)):
            return True
        self._fs.delete(aside, False)
        return False

    def make(self, path: str) -> None:
        """Create a folder, and those above it; nothing happens where it is there."""
        self._fs.mkdirs(self._path(path))

    def rename(self, source: str, target: str) -> bool:
        """Move a file; return False when the target exists. Creates missing parents."""
        to = self._path(target)
        self._fs.mkdirs(to.getParent())
        return bool(self._fs.rename(self._path(source), to))

    def delete(self, path: str) -> None:
        """Remove a file or a folder with all it holds; nothing happens where there is none."""
        self._fs.delete(self._path(path), True)

    def delete_empty(self, path: str) -> bool:
        """Remove a folder that holds nothing; return whether it did."""
        if not self.exists(path) or self.names(path):
            return False
        # Not recursive: what somebody puts there meanwhile keeps it.
        return bool(self._fs.delete(self._path(path), False))
