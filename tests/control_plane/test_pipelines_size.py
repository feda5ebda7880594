"""Two hundred pipelines whose numbers never rest: all of them are shown again and again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bed.api import Api
from fix_cluster import Cluster
from fix_drivers import serving
from fix_moving import Moving, all_shown_anew, run_all, shown
from fix_operator import Operator, running_operator

pytestmark = pytest.mark.night

PIPELINES = 200
ROUNDS = 4


@pytest.fixture(scope="module")
def at_work(
    cluster: Cluster,
    crds: None,
    pipeline_crd: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Operator]:
    """An operator as it is by default, but for where its drivers are."""
    del crds, pipeline_crd
    with serving(Moving()) as moving:
        settings = {"progress_url": moving.url, "stream_image": "registry.example/yeoul-spark:1",
                    "stream_service_account": "default"}  # fmt: skip
        folder = tmp_path_factory.mktemp("size")
        with running_operator(cluster.kubeconfig, folder, **settings) as one:
            yield one


@pytest.mark.usefixtures("at_work")
def test_the_numbers_of_two_hundred_keep_moving(api: Api, namespace: str) -> None:
    run_all(api, namespace, PIPELINES)
    for _ in range(ROUNDS):
        assert len(shown(api, namespace)) == PIPELINES
        all_shown_anew(api, namespace)
