"""`python -m yeoul_web`: the page of a cluster; see `--help`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from aiohttp import web

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.credentials import CredentialsError
from yeoul_stream.secrets import secrets_directory
from yeoul_web.cluster import Cluster
from yeoul_web.server import Page, application


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal; 1 where there is no cluster."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    where = {"host": options.host, "port": options.port}
    try:
        web.run_app(_build(options), **where, access_log=None, print=None)
    except CredentialsError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{where['host']}:{where['port']} cannot be listened on: {error}", file=sys.stderr)
        return 1
    return 0


async def _build(options: argparse.Namespace) -> web.Application:
    kube = await Kube.connect(options.kubeconfig)
    release = options.release_namespace or kube.credentials.namespace
    secrets = options.secrets or secrets_directory()
    source = Cluster(kube, release, options.namespace, options.installation, secrets)
    logging.info("the page of %s is served on %s:%s", release, options.host, options.port)
    return application(Page(source, options.prometheus))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m yeoul_web",
        description="One page that shows the state of a release and its pipelines. It changes "
        "nothing, and asks nobody who they are: let in whom you trust.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8088, help="the port")
    parser.add_argument("--kubeconfig", help="of the cluster (the pod's account, or KUBECONFIG)")
    parser.add_argument("--release-namespace", help="of the release (the account's own)")
    parser.add_argument(
        "--namespace", action="append", default=[], help="of pipelines; may be repeated (all)"
    )
    parser.add_argument("--installation", default="default", help="as the operator's")
    parser.add_argument("--prometheus", metavar="URL", help="where alerts are asked for")
    parser.add_argument("--secrets", type=Path, metavar="FOLDER", help="the pipelines' Secrets")
    return parser


if __name__ == "__main__":
    sys.exit(main())
