"""What is built, and when it is built again."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bed import archive, cache, recipe


def program(name: str) -> recipe.Program:
    return next(one for one in recipe.programs() if one.name == name)


def content(image: tarfile.TarFile, name: str) -> Any:
    file = image.extractfile(name)
    assert file is not None
    return json.load(file)


def test_every_program_that_runs_is_built() -> None:
    assert set(cache.NODE) <= {one.name for one in recipe.programs()}


def test_servers_tell_the_version_of_their_module() -> None:
    number = recipe.version("kubernetes", "k8s.io/kubernetes")
    assert f"version.gitVersion={number}" in program("kube-apiserver").flags


def test_unknown_dependency_is_an_error() -> None:
    with pytest.raises(KeyError):
        recipe.version("kubernetes", "example.com/nothing")


@pytest.mark.parametrize("folder", ["kubernetes", "coredns", "kwok", "actionlint", "skaffold"])
def test_modules_ask_for_no_newer_go_than_is_looked_for(folder: str) -> None:
    text = (recipe.MODULES / folder / "go.mod").read_text()
    (asked,) = [line.split()[1] for line in text.splitlines() if line.startswith("go ")]
    assert recipe.parse_go_version(f"go{asked}") <= recipe.GO_VERSION


def test_programs_of_one_module_have_stamps_of_their_own() -> None:
    every = (*recipe.programs(), *recipe.optional_programs())
    stamps = [recipe.program_stamp(one) for one in every]
    assert len(set(stamps)) == len(stamps)


def test_other_flags_are_another_build() -> None:
    etcd = program("etcd")
    other = recipe.Program(etcd.name, etcd.module, etcd.package, "-s")
    assert recipe.program_stamp(other) != recipe.program_stamp(etcd)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("go1.26.8", (1, 26, 8)), ("go1.22", (1, 22, 0)), ("devel", (0, 0, 0))],
)
def test_version_of_go_is_read(text: str, numbers: tuple[int, int, int]) -> None:
    assert recipe.parse_go_version(text) == numbers


def test_image_names_its_layer_by_its_digest(tmp_path: Path) -> None:
    root = tmp_path / "root.tar"
    with tarfile.open(root, "w") as files:
        files.addfile(tarfile.TarInfo("empty"))
    archive.write(root, tmp_path / "image.tar", "a/b:1", ["/run"])
    with tarfile.open(tmp_path / "image.tar") as image:
        (manifest,) = content(image, "manifest.json")
        config = content(image, manifest["Config"])
    assert manifest["RepoTags"] == ["a/b:1"]
    assert [f"sha256:{layer.removesuffix('.tar')}" for layer in manifest["Layers"]] == config[
        "rootfs"
    ]["diff_ids"]


def test_same_files_give_the_same_image(tmp_path: Path) -> None:
    root = tmp_path / "root.tar"
    with tarfile.open(root, "w") as files:
        files.addfile(tarfile.TarInfo("empty"))
    for name in ("first", "second"):
        archive.write(root, tmp_path / name, "a/b:1", ["/run"])
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_helm_renders_for_the_kubernetes_of_the_bed() -> None:
    major, minor, _ = recipe.version("kubernetes", "k8s.io/kubernetes")[1:].split(".")
    flags = program("helm").flags
    assert f"chartutil.k8sVersionMajor={major}" in flags
    assert f"chartutil.k8sVersionMinor={minor}" in flags
