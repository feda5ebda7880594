"""Names of tables in a database."""

from dataclasses import dataclass

from psycopg2 import sql


@dataclass(frozen=True)
class TableName:
    """A table's schema and name as PostgreSQL stores them."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """Return the name for `table` or `schema.table`; the schema defaults to public."""
        schema, _, name = text.rpartition(".")
        return cls(schema or "public", name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Composable:
        """The quoted name for a statement."""
        return sql.Identifier(self.schema, self.name)
